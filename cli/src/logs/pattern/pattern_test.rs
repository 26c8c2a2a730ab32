//! The examples of AWS's documentation, and what it refuses.

use super::{Pattern, PatternError};

fn pattern(text: &str) -> Pattern {
    Pattern::parse(text).unwrap_or_else(|error| panic!("`{text}`: {error}"))
}

/// Asserts which of the lines match.
fn assert_matches(text: &str, matching: &[&str], others: &[&str]) {
    let pattern = pattern(text);
    for line in matching {
        assert!(pattern.matches(line), "`{text}` matches `{line}`");
    }
    for line in others {
        assert!(!pattern.matches(line), "`{text}` does not match `{line}`");
    }
}

#[test]
fn terms_are_parts_of_the_line() {
    assert_matches("", &["anything", ""], &[]);
    assert_matches(
        "ERROR",
        &["[ERROR 400] BAD REQUEST", "[ERROR] A fatal exception has occurred", "Exiting with ERRORCODE: -1"],
        &["[error] in small letters", "[WARN] out of tea"],
    );
    assert_matches(
        "ERROR ARGUMENTS",
        &["[ERROR 419] MISSING ARGUMENTS", "[ERROR 420] INVALID ARGUMENTS"],
        &["[ERROR 400] BAD REQUEST", "[WARN] ARGUMENTS"],
    );
    assert_matches("ERROR -Exiting", &["[ERROR] A fatal exception has occurred"], &["Exiting with ERRORCODE: -1"]);
    assert_matches("-ERROR", &["[INFO] all is well"], &["[ERROR 400] BAD REQUEST"]);
}

#[test]
fn one_of_the_optional_terms_is_enough() {
    let lines = ["[ERROR 400] BAD REQUEST", "[WARN] ARGUMENTS", "[ERROR 419] MISSING ARGUMENTS"];
    assert_matches("?ERROR ?ARGUMENTS", &lines, &["[INFO] all is well"]);
    // Beside other terms AWS ignores them.
    assert_matches("?ERROR ?WARN INFO", &["[INFO] all is well"], &["[ERROR 400] BAD REQUEST"]);
}

#[test]
fn phrases_are_quoted() {
    assert_matches(
        "\"INTERNAL SERVER ERROR\"",
        &["[ERROR 500] INTERNAL SERVER ERROR"],
        &["[ERROR 500] SERVER ERROR, INTERNAL"],
    );
    assert_matches(r#"ERROR -"out of \"tea\"""#, &["ERROR out of tea"], &[r#"ERROR out of "tea""#]);
    assert_matches(r#"?"[WARN]" ?"a\\b""#, &["[WARN] x", r"a\b"], &["WARN"]);
}

#[test]
fn regular_expressions_stand_between_percent_signs() {
    assert_matches(
        "%AUTHORIZED%",
        &["[ERROR 401] UNAUTHORIZED REQUEST", "[SUCCESS 200] AUTHORIZED REQUEST"],
        &["AUTH"],
    );
    assert_matches("%colou?r%", &["color", "colour"], &["colouur"]);
    assert_matches("%^ERROR|gr[ae]y$%", &["ERROR x", "so gray"], &["an ERROR", "gray x"]);
    assert_matches(r"%10\.10\.0\.1%", &["from 10.10.0.1"], &["from 10a10.0.1"]);
    assert_matches(r"%\d{1,3}\.\d{1,3}%", &["at 10.2"], &["at ten"]);
    assert_matches(r"%a\(b\)%", &["a(b)"], &["ab"]);
}

const USER: &str = r#"{"eventType":"UpdateTrail","sourceIPAddress":"111.111.111.111","arrayKey":["value","another value"],
    "objectList":[{"name":"a","id":1},{"name":"b","id":2}],"SomeObject":null,"cluster.name":"c",
    "user":{"id":1,"email":"John.Stiles@example.com"},"users":[{"id":2,"email":"John.Doe@example.com"}],
    "actions":["GET","PUT","DELETE"],"coordinates":[[0,1,2],[4,5,6],[7,8,9]],"latency":120.5,"error":true}"#;

#[test]
fn conditions_are_about_fields_of_json() {
    for text in [
        r#"{ $.eventType = "UpdateTrail" }"#,
        "{ $.eventType = UpdateTrail }",
        r#"{ $.eventType = "Update*" }"#,
        r#"{ $.eventType = "*a*T*l" }"#,
        "{$.eventType=UpdateTrail}",
        "{ $.sourceIPAddress != 123.123.* }",
        r#"{ $.sourceIPAddress = 111.111.* }"#,
        r#"{ $.arrayKey[0] = "value" }"#,
        r#"{ $.arrayKey[*] = "another value" }"#,
        "{ $.objectList[1].id = 2 }",
        "{ $.SomeObject IS NULL }",
        "{ $.SomeOtherObject NOT EXISTS }",
        "{ $.error IS TRUE }",
        "{ $.latency > 75 && $.latency <= 120.5 }",
        "{ $.latency >= 1.2e2 }",
        r#"{ $.['cluster.name'] = "c" }"#,
        r#"{ $.user.email = %John\.[A-Z][a-z]+% }"#,
        "{ $.coordinates[1][1] = 5 }",
        r#"{ ($.user.id = 1) && ($.users[0].email = "John.Doe@example.com") }"#,
        r#"{ ($.user.id = 2 && $.users[0].email = "nonmatch") || $.actions[2] = "DELETE" }"#,
        r#"{ $.missing != "value" }"#,
    ] {
        assert_matches(text, &[USER], &["text", "{\"not\": \"closed"]);
    }
    for text in [
        r#"{ $.eventType = "Trail" }"#,
        r#"{ $.eventType != "Update*" }"#,
        r#"{ $.eventType = "updatetrail" }"#,
        "{ $.arrayKey[2] = value }",
        "{ $.missing IS NULL }",
        "{ $.eventType NOT EXISTS }",
        "{ $.error IS FALSE }",
        "{ $.latency > 120.5 }",
        "{ $.eventType > 1 }",
        "{ $.user.id = 2 && ($.users[0].email = \"nonmatch\" || $.actions[2] = \"GET\") }",
        "{ $.user = 1 }",
    ] {
        assert_matches(text, &[], &[USER]);
    }
}

#[test]
fn and_binds_more_closely_than_or() {
    let line = r#"{"a":1,"b":2,"c":3}"#;
    assert_matches("{ $.a = 1 || $.b = 0 && $.c = 0 }", &[line], &[]);
    assert_matches("{ ($.a = 1 || $.b = 0) && $.c = 0 }", &[], &[line]);
}

const ACCESS: &str = r#"127.0.0.1 Prod frank [10/Oct/2000:13:25:15 -0700] "GET /index.html HTTP/1.0" 404 1534"#;

#[test]
fn conditions_are_about_fields_between_spaces() {
    for text in [
        "[ip, user, username, timestamp, request, status_code, bytes]",
        "[ip, user, username, timestamp, request = *.html*, status_code = 4*, bytes]",
        "[..., status_code = 404 || status_code = 410, bytes]",
        "[..., request = *html*, status_code, bytes]",
        "[ip, ..., bytes > 1000]",
        r"[ip = %127\.0\.0\.[1-9]%, ...]",
        r#"[ip, user = "Prod", ...]"#,
        "[,, username = frank, ...]",
        "[ip, user != Dev, ..., status_code >= 400 && status_code < 500, bytes]",
        "[..., status_code = 404 && bytes > 1000, bytes]",
    ] {
        assert_matches(text, &[ACCESS], &["one two"]);
    }
    for text in [
        "[ip, user, username, timestamp, request = *.png*, status_code, bytes]",
        "[..., status_code = 404 && bytes > 2000, bytes]",
        "[ip, user = Pro, ...]",
        "[w1, w2, w3, w4, w5, w6, w7, w8]",
    ] {
        assert_matches(text, &[], &[ACCESS]);
    }
}

#[test]
fn what_aws_refuses_is_an_error_that_says_where() {
    for (text, error) in [
        ("ERROR: 5", "`ERROR:` has a character that needs quotation marks"),
        ("\"out of tea", "a quotation mark is not closed"),
        ("ERROR -", "it ends where a term is expected"),
        ("%a", "`%` is not closed"),
        ("%a% b", "` ` stands where the end of the pattern is expected"),
        ("%a(b)%", "the regular expression `a(b)` has `(`, which CloudWatch Logs does not support"),
        ("%something!%", "the regular expression `something!` has `!`, which CloudWatch Logs does not support"),
        ("%[a%", "`[a` is no regular expression"),
        ("{ level = ERROR }", "`l` stands where a field, such as `$.level`, is expected"),
        ("{ $.level ERROR }", "`E` stands where `=`, `!=`, `<`, `>`, `IS` or `NOT EXISTS` is expected"),
        ("{ $.level = }", "`}` stands where a value is expected"),
        ("{ $.level = \"ERROR\"", "it ends where `&&`, `||` or `}` is expected"),
        ("{ $.level IS 5 }", "`5` stands where `NULL`, `TRUE` or `FALSE` is expected"),
        ("{ $.level > high }", "`>` compares numbers, and `high` is none"),
        ("{ ($.a = 1 }", "`}` stands where `)` is expected"),
        ("{ $.a[x] = 1 }", "`x` stands where a number, `*` or a quoted name is expected"),
        ("{ $.a = %b% && $.c = %d% && $.e = %f% }", "it has more than two regular expressions"),
        ("[a, b", "it ends where `,` or `]` is expected"),
        ("[a, ..., b, ...]", "`...` stands more than once"),
        ("[a = 1 || c = 2, b]", "no field is named `c`"),
    ] {
        let found = Pattern::parse(text).map(|_| ()).map_err(|error| error.to_string());
        assert_eq!(found, Err(error.to_owned()), "{text}");
    }
}

#[test]
fn a_term_to_be_quoted_is_shown_quoted() {
    let error = PatternError::Unquoted { term: "a.b".to_owned() };
    assert!(error.hint().contains("`\"a.b\"`"), "{}", error.hint());
}
