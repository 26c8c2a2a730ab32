//! Statements of rules of AWS IoT, and how they say which rule sent an event.
//!
//! What a rule selects is the whole event, so that nothing tells its origin. The name of the settings is added as a
//! constant.
//! <https://docs.aws.amazon.com/iot/latest/developerguide/iot-sql-reference.html>

use zappa_rs_adapter::contract;

/// A statement in its parts.
struct Statement<'a> {
    list: &'a str,
    /// From the word `FROM`.
    from: &'a str,
    /// Behind the word `WHERE`.
    condition: Option<&'a str>,
}

/// The statement with the name of its rule. A message that has the key of the name itself is left out: it could pretend to
/// be an event of another kind.
///
/// # Errors
/// What is wrong with the statement.
pub(crate) fn with_name(sql: &str, name: &str) -> Result<String, String> {
    let Statement { list, from, condition } = parse(sql)?;
    let key = contract::EVENT_KEY;
    let guard = match condition {
        Some(condition) => format!("({condition}) AND isUndefined({key})"),
        None => format!("isUndefined({key})"),
    };
    Ok(format!("SELECT {list}, '{}:{name}' AS {key} {from} WHERE {guard}", contract::KIND_IOT))
}

fn parse(sql: &str) -> Result<Statement<'_>, String> {
    const EXAMPLE: &str = "SELECT * FROM 'devices/+/state'";
    let sql = sql.trim();
    let words = words(sql)?;
    let find = |wanted: &str| words.iter().find(|(_, word)| word.eq_ignore_ascii_case(wanted)).map(|(at, _)| *at);
    let (Some(0), Some(from)) = (find("SELECT"), find("FROM")) else {
        return Err(format!("`{sql}` is not a statement, such as `{EXAMPLE}`"));
    };
    let condition = find("WHERE").filter(|at| *at > from);
    let list = sql["SELECT".len()..from].trim();
    if list.is_empty() {
        return Err(format!("the statement selects nothing; `*` is the whole message, as in `{EXAMPLE}`"));
    }
    if list.starts_with(',') || list.ends_with(',') {
        return Err(format!("the statement selects an empty field: `{list}`"));
    }
    if words.get(1).is_some_and(|(_, word)| word.eq_ignore_ascii_case("VALUE")) {
        return Err(
            "`SELECT VALUE` makes an event that has no room for the rule's name; select it `AS` a field".to_owned()
        );
    }
    if list.contains(".*") {
        return Err(
            "`.*` could select any field, also the one of the rule's name; select the fields one by one".to_owned()
        );
    }
    if words.iter().any(|(_, word)| *word == contract::EVENT_KEY) {
        return Err(format!("`{}` is the field of the rule's name, which a deploy adds", contract::EVENT_KEY));
    }
    let end = condition.unwrap_or(sql.len());
    let topic = sql[from + "FROM".len()..end].trim();
    if topic.is_empty() {
        return Err(format!("the statement has no topic after `FROM`, as in `{EXAMPLE}`"));
    }
    check_topic(topic).map_err(|reason| format!("`{topic}` {reason}, as in `{EXAMPLE}`"))?;
    let condition = condition.map(|at| sql[at + "WHERE".len()..].trim());
    if condition.is_some_and(str::is_empty) {
        return Err("the statement has no condition after `WHERE`: leave out the word for every message".to_owned());
    }
    Ok(Statement { list, from: sql[from..end].trim(), condition })
}

/// Checks the part between `FROM` and `WHERE`: one topic filter in quotes. What stood behind it would come before the
/// condition that is added.
/// <https://docs.aws.amazon.com/iot/latest/developerguide/topics.html#topicfilters>
fn check_topic(text: &str) -> Result<(), &'static str> {
    let quoted = |quote| text.strip_prefix(quote)?.strip_suffix(quote).filter(|filter| !filter.contains(quote));
    let Some(filter) = quoted('\'').or_else(|| quoted('"')) else {
        return Err("is not one topic filter in quotation marks");
    };
    let levels: Vec<&str> = filter.split('/').collect();
    let is_alone = |level: &&str| level.len() == 1 || !level.contains(['+', '#']);
    if filter.is_empty() {
        return Err("names no topic");
    }
    if !levels.iter().all(is_alone) {
        return Err("has a wildcard beside other characters: `+` and `#` are a level of their own");
    }
    if levels[..levels.len() - 1].contains(&"#") {
        return Err("has `#` before its end: that is the last level");
    }
    Ok(())
}

/// The words outside of quotes and brackets, with their places.
fn words(sql: &str) -> Result<Vec<(usize, &str)>, String> {
    let (mut words, mut quote, mut depth, mut start) = (Vec::new(), None, 0_u32, None);
    for (at, letter) in sql.char_indices() {
        let is_word = quote.is_none() && depth == 0 && (letter.is_ascii_alphanumeric() || matches!(letter, '_' | '$'));
        if is_word {
            start.get_or_insert(at);
            continue;
        }
        words.extend(start.take().map(|start| (start, &sql[start..at])));
        match (quote, letter) {
            (Some(open), _) if open == letter => quote = None,
            (None, '\'' | '"') => quote = Some(letter),
            (None, '-') if sql[at..].starts_with("--") => return Err("a rule's statement has no comments".to_owned()),
            (None, '/') if sql[at..].starts_with("/*") => return Err("a rule's statement has no comments".to_owned()),
            (None, ';') => return Err("a rule has one statement, without a `;`".to_owned()),
            (None, '(' | '[' | '{') => depth += 1,
            (None, ')' | ']' | '}') => {
                depth = depth.checked_sub(1).ok_or("a bracket of the statement is not opened")?;
            }
            _ => {}
        }
    }
    words.extend(start.map(|start| (start, &sql[start..])));
    match quote {
        Some(quote) => Err(format!("a quotation mark {quote} of the statement is not closed")),
        None if depth > 0 => Err("a bracket of the statement is not closed".to_owned()),
        None => Ok(words),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_name_is_selected_and_a_message_that_has_the_key_is_left_out() {
        for (sql, expected) in [
            (
                "SELECT * FROM 'devices/+/state'",
                "SELECT *, 'iot:t' AS zappa_rs FROM 'devices/+/state' WHERE isUndefined(zappa_rs)",
            ),
            (
                "select temperature as t, topic(2) as device from 'from/where' where t > 50 OR device = 'where'",
                "SELECT temperature as t, topic(2) as device, 'iot:t' AS zappa_rs from 'from/where' \
                 WHERE (t > 50 OR device = 'where') AND isUndefined(zappa_rs)",
            ),
            (
                " SELECT (SELECT v FROM readings WHERE v > 1) AS r FROM 'a'\n",
                "SELECT (SELECT v FROM readings WHERE v > 1) AS r, 'iot:t' AS zappa_rs FROM 'a' \
                 WHERE isUndefined(zappa_rs)",
            ),
        ] {
            assert_eq!(with_name(sql, "t").as_deref(), Ok(expected));
        }
    }

    #[test]
    fn a_statement_that_cannot_carry_the_name_is_a_fault() {
        for (sql, expected) in [
            ("", "is not a statement"),
            ("devices/+/state", "is not a statement"),
            ("SELECT *", "is not a statement"),
            ("SELECT FROM 'a'", "selects nothing"),
            ("SELECT VALUE x FROM 'a'", "`SELECT VALUE`"),
            ("SELECT state.* FROM 'a'", "`.*`"),
            ("SELECT x AS zappa_rs FROM 'a'", "is the field of the rule's name"),
            ("SELECT * FROM 'a", "is not closed"),
            ("SELECT * FROM 'a';", "without a `;`"),
            ("SELECT * FROM 'a' WHERE t > 1 ;", "without a `;`"),
            ("SELECT * FROM 'a' WHERE", "no condition"),
            ("SELECT * FROM 'a' where ", "no condition"),
            ("SELECT * FROM", "no topic"),
            ("SELECT * FROM WHERE t > 1", "no topic"),
            ("SELECT * FROM devices/+/state", "is not one topic filter in quotation marks"),
            ("SELECT * FROM 'a', 'b'", "is not one topic filter in quotation marks"),
            ("SELECT * FROM 'a' GROUP BY x", "is not one topic filter in quotation marks"),
            ("SELECT * FROM 'a' LIMIT 5 WHERE x > 1", "is not one topic filter in quotation marks"),
            ("SELECT * FROM ''", "names no topic"),
            ("SELECT * FROM 'a/#/b'", "`#` before its end"),
            ("SELECT * FROM 'a/b#'", "a level of their own"),
            ("SELECT * FROM 'a/+b/c'", "a level of their own"),
            ("SELECT * FROM 'a' -- all of it", "no comments"),
            ("SELECT * /* all */ FROM 'a'", "no comments"),
            ("SELECT x, FROM 'a'", "an empty field"),
            ("SELECT , x FROM 'a'", "an empty field"),
            ("SELECT get(x FROM 'a'", "is not closed"),
            ("SELECT x) FROM 'a'", "is not opened"),
        ] {
            let found = with_name(sql, "t").expect_err(sql);
            assert!(found.contains(expected), "{sql}: {found}");
        }
    }
}
