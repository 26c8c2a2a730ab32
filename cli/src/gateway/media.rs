//! Media types, as gateways compare them: without parameters and without case.

/// The type without its parameters.
pub(crate) fn essence(content_type: &str) -> &str {
    content_type.split(';').next().unwrap_or_default().trim()
}

/// Whether a REST API's `binaryMediaTypes` name this type.
pub(crate) fn is_binary(binary_media_types: &[String], content_type: Option<&str>) -> bool {
    binary_media_types.iter().any(|binary| {
        binary == "*/*"
            || content_type.is_some_and(|value| {
                let (binary, value) = (essence(binary), essence(value));
                match binary.strip_suffix("/*") {
                    Some(top) => value.split_once('/').is_some_and(|(own, _)| own.eq_ignore_ascii_case(top)),
                    None => value.eq_ignore_ascii_case(binary),
                }
            })
    })
}

/// Whether HTTP APIs, Function URLs and ALBs hand a body of this type on as text.
pub(crate) fn is_text(content_type: Option<&str>) -> bool {
    let Some(value) = content_type else {
        return false;
    };
    let value = essence(value).to_ascii_lowercase();
    value.starts_with("text/")
        || matches!(value.as_str(), "application/json" | "application/javascript" | "application/xml")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn binary_types_match_without_parameters_and_case() {
        for (list, content_type, binary) in [
            (&["*/*"][..], None, true),
            (&["*/*"], Some("text/plain"), true),
            (&["image/png"], Some("Image/PNG; q=1"), true),
            (&["image/png"], Some("image/jpeg"), false),
            (&["image/*"], Some("image/jpeg"), true),
            (&["image/*"], Some("images/jpeg"), false),
            (&["multipart/form-data"], Some("multipart/form-data; boundary=x"), true),
            (&["image/png"], None, false),
            (&[], Some("image/png"), false),
        ] {
            let list: Vec<String> = list.iter().map(|&entry| entry.into()).collect();
            assert_eq!(is_binary(&list, content_type), binary, "{list:?} {content_type:?}");
        }
    }

    #[test]
    fn text_types_are_few() {
        for (content_type, text) in [
            (Some("text/csv; charset=latin1"), true),
            (Some("Application/JSON"), true),
            (Some("application/xml"), true),
            (Some("application/javascript"), true),
            (Some("application/x-www-form-urlencoded"), false),
            (Some("application/octet-stream"), false),
            (Some(""), false),
            (None, false),
        ] {
            assert_eq!(is_text(content_type), text, "{content_type:?}");
        }
    }
}
