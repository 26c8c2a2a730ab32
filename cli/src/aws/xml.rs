//! Small XML documents as trees, for the answers of the Query API.

use xmlparser::{ElementEnd, Token, Tokenizer};

/// An element; attributes are left out.
#[derive(Debug, Default)]
pub(super) struct Element {
    name: String,
    text: String,
    pub(super) children: Vec<Self>,
}

impl Element {
    /// The root of a document; `None` if it is not XML, or cut off.
    pub(super) fn parse(xml: &str) -> Option<Self> {
        let mut open: Vec<Self> = Vec::new();
        for token in Tokenizer::from(xml) {
            let closes = match token.ok()? {
                Token::ElementStart { local, .. } => {
                    open.push(Self { name: local.as_str().to_owned(), ..Self::default() });
                    false
                }
                Token::Text { text } => {
                    open.last_mut()?.text += &unescape(text.as_str());
                    false
                }
                Token::Cdata { text, .. } => {
                    open.last_mut()?.text += text.as_str();
                    false
                }
                Token::ElementEnd { end: ElementEnd::Close(..) | ElementEnd::Empty, .. } => true,
                _ => false,
            };
            if closes {
                let element = open.pop()?;
                match open.last_mut() {
                    Some(parent) => parent.children.push(element),
                    None => return Some(element),
                }
            }
        }
        None
    }

    pub(super) fn child(&self, name: &str) -> Option<&Self> {
        self.children.iter().find(|child| child.name == name)
    }

    /// The element at the end of a path of names.
    pub(super) fn at(&self, path: &[&str]) -> Option<&Self> {
        path.iter().try_fold(self, |element, name| element.child(name))
    }

    /// The text of the element at the end of a path, without white space around it.
    pub(super) fn text_at(&self, path: &[&str]) -> Option<&str> {
        self.at(path).map(|element| element.text.trim())
    }

    /// The texts of a list's members.
    pub(super) fn texts_at(&self, path: &[&str]) -> Vec<String> {
        let members = self.at(path).into_iter().flat_map(|list| &list.children);
        members.map(|member| member.text.trim().to_owned()).collect()
    }
}

/// The text with the predefined entities as what they stand for.
fn unescape(text: &str) -> String {
    let entities = [("&lt;", "<"), ("&gt;", ">"), ("&quot;", "\""), ("&apos;", "'"), ("&amp;", "&")];
    entities.iter().fold(text.to_owned(), |text, (entity, letter)| text.replace(entity, letter))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_document_is_a_tree() {
        let xml =
            "<?xml version=\"1.0\"?>\n<A xmlns=\"x\"><B>1 &lt; 2 &amp;lt;</B><!-- no --><C><D/><n:E> e </n:E></C></A>";
        let root = Element::parse(xml).unwrap();
        assert_eq!(root.text_at(&["B"]), Some("1 < 2 &lt;"));
        assert_eq!(root.text_at(&["C", "D"]), Some(""));
        assert_eq!(root.text_at(&["C", "E"]), Some("e"));
        assert_eq!(root.at(&["C"]).map(|element| element.children.len()), Some(2));
        assert!(root.text_at(&["E"]).is_none());
    }

    #[test]
    fn what_is_no_document_is_none() {
        for text in ["", "busy", "<A>", "<A><B></A", "</A>", "{\"a\": 1}"] {
            assert!(Element::parse(text).is_none(), "{text}");
        }
    }
}
