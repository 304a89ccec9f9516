//! The tokens of JSON, as they are spelled. Numbers are never read, so that nothing of them is lost.

/// The tokens of a text that is known to be JSON, without the space between them.
pub(super) fn tokens(json: &str) -> impl Iterator<Item = &str> {
    let mut rest = json;
    std::iter::from_fn(move || {
        rest = rest.trim_start_matches([' ', '\t', '\n', '\r']);
        let end = length(rest)?;
        let (token, after) = rest.split_at(end);
        rest = after;
        Some(token)
    })
}

/// How long the first token is; `None` at the end.
fn length(rest: &str) -> Option<usize> {
    Some(match rest.chars().next()? {
        '"' => {
            let mut escaped = false;
            let end = rest.char_indices().skip(1).find(|(_, c)| {
                let ends = *c == '"' && !escaped;
                escaped = *c == '\\' && !escaped;
                ends
            });
            end.map_or(rest.len(), |(at, _)| at + 1)
        }
        first @ ('{' | '}' | '[' | ']' | ',' | ':') => first.len_utf8(),
        first => {
            let end = rest.find(['{', '}', '[', ']', ',', ':', '"', ' ', '\t', '\n', '\r']);
            end.unwrap_or(rest.len()).max(first.len_utf8())
        }
    })
}

/// The JSON with nothing between its tokens.
pub(super) fn compact(json: &str) -> String {
    tokens(json).collect()
}

/// The JSON laid out for reading, two spaces a level.
pub(super) fn laid_out(json: &str) -> String {
    let mut out = String::with_capacity(json.len() * 2);
    let mut depth = 0;
    let mut opened = false;
    for token in tokens(json) {
        let ends = matches!(token, "}" | "]");
        if ends {
            depth -= 1;
        }
        // What is empty stays on one line.
        if opened != ends && (opened || ends) {
            line(&mut out, depth);
        }
        out.push_str(token);
        opened = matches!(token, "{" | "[");
        match token {
            "{" | "[" => depth += 1,
            "," => line(&mut out, depth),
            ":" => out.push(' '),
            _ => {}
        }
    }
    out
}

fn line(out: &mut String, depth: usize) {
    out.push('\n');
    out.extend(std::iter::repeat_n("  ", depth));
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn json_is_laid_out_with_every_token_as_it_is_spelled() {
        let json = r#"{"a":1.50,"b":[123456789012345678901,"x\"}, \u00e9\\"],"c":{},"d":[ ],"e":null}"#;
        let expected = r#"{
  "a": 1.50,
  "b": [
    123456789012345678901,
    "x\"}, \u00e9\\"
  ],
  "c": {},
  "d": [],
  "e": null
}"#;
        assert_eq!(laid_out(json), expected);
        assert_eq!(compact(expected), json.replace("[ ]", "[]"));
        assert_eq!(laid_out(" -0.0\n"), "-0.0");
    }
}
