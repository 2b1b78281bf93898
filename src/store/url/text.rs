//! Reading pieces of a URL: decoding them, and deciding which may be shown.

use percent_encoding::percent_decode_str;

use super::error::Flaw;

/// Refuses values that stand for a URL still to come.
pub(super) fn refuse_placeholder(url: &str) -> Result<(), Flaw> {
    const WORDS: [&str; 6] = ["null", "nil", "none", "undefined", "changeme", "placeholder"];
    if url.is_empty() {
        return Err(Flaw::Empty);
    }
    let stands_in = WORDS.iter().any(|word| url.eq_ignore_ascii_case(word));
    if stands_in || url.starts_with('$') || url.contains("${") {
        return Err(Flaw::Placeholder);
    }
    Ok(())
}

/// Percent-decodes strictly: a stray `%` most likely belongs to a password that was not encoded at all.
pub(super) fn decode(text: &str) -> Result<String, Flaw> {
    let mut pieces = text.split('%');
    pieces.next();
    let encoded = |piece: &str| piece.as_bytes().get(..2).is_some_and(|pair| pair.iter().all(u8::is_ascii_hexdigit));
    if !pieces.all(encoded) {
        return Err(Flaw::Percent);
    }
    let decoded = percent_decode_str(text).decode_utf8().map_err(|_| Flaw::Unprintable)?;
    // The databases' C interfaces would end the text here.
    if decoded.contains('\0') {
        return Err(Flaw::Unprintable);
    }
    Ok(decoded.into_owned())
}

/// Decodes what will be shown to people, so that no control character reaches their terminal.
pub(super) fn decode_name(text: &str) -> Result<String, Flaw> {
    let name = decode(text)?;
    if name.contains(char::is_control) { Err(Flaw::Unprintable) } else { Ok(name) }
}

/// Like [`decode_name`], with nothing for an empty text: `postgres://@host/` names no user and no database.
pub(super) fn decode_optional(text: &str) -> Result<Option<String>, Flaw> {
    Ok(Some(decode_name(text)?).filter(|name| !name.is_empty()))
}

/// The text if a message may quote it: a short plain word, as names and settings are. Digits are left out because
/// a password without any is rare.
pub(super) fn word(text: &str) -> Option<String> {
    let plain = |byte: u8| byte.is_ascii_alphabetic() || b"-_.+".contains(&byte);
    (!text.is_empty() && text.len() <= 32 && text.bytes().all(plain)).then(|| text.to_owned())
}
