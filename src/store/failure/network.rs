//! No answer from the database, but one from the network: in words that nobody takes for a refusal of the database's.

use std::io::{Error, ErrorKind};

use super::{Class, StoreError};

pub(super) fn understand(error: &Error) -> StoreError {
    let message = match error.kind() {
        // A certificate that does not verify arrives as bad data.
        ErrorKind::InvalidData => return StoreError::refused(format!("TLS: {error}")),
        ErrorKind::ConnectionRefused => "it can't be reached: nothing listens there (connection refused)".to_owned(),
        // The driver of TLS adds a lecture to this one.
        ErrorKind::UnexpectedEof => "the connection was closed from the other side".to_owned(),
        ErrorKind::ConnectionReset | ErrorKind::ConnectionAborted | ErrorKind::BrokenPipe => {
            format!("the connection broke: {error}")
        }
        _ => format!("it can't be reached: {error}"),
    };
    StoreError::new(Class::Transient, message)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_may_pass_is_told_from_a_bad_certificate() {
        for (kind, class, words) in [
            (ErrorKind::ConnectionRefused, Class::Transient, "can't be reached"),
            (ErrorKind::ConnectionReset, Class::Transient, "connection broke"),
            (ErrorKind::BrokenPipe, Class::Transient, "connection broke"),
            (ErrorKind::UnexpectedEof, Class::Transient, "closed from the other side"),
            (ErrorKind::TimedOut, Class::Transient, "can't be reached"),
            (ErrorKind::HostUnreachable, Class::Transient, "can't be reached"),
            (ErrorKind::InvalidData, Class::Refused, "TLS: "),
        ] {
            let understood = understand(&Error::from(kind));
            assert_eq!(understood.class, class, "{kind}");
            assert!(understood.to_string().contains(words), "{understood}");
        }
    }
}
