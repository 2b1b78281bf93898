//! The numbers of MySQL and MariaDB.

use sqlx::mysql::MySqlDatabaseError;

use super::{Class, StoreError};

pub(super) fn understand(error: &MySqlDatabaseError) -> StoreError {
    let number = error.number();
    StoreError::new(class(number), format!("{} (error {number})", error.message()))
}

/// By number alone: "too many connections" comes with the SQLSTATE of a broken connection, a lock timeout with none.
fn class(number: u16) -> Class {
    match number {
        1146 => Class::NoTable,
        1062 => Class::Beaten,
        // The last is a cluster's, too, when another node was faster.
        1020 | 1205 | 1213 => Class::Contended,
        // A database, a right; a column of an older table, our grammar; and logging in, without TLS where it must be,
        // or to an account that is locked or expired.
        1044 | 1049 | 1142 | 1143 | 1227 | 1370 | 1054 | 1064 | 1045 | 1251 | 1524 | 1698 | 1820 | 1862 | 3118
        | 3159 | 4151 => Class::Refused,
        _ => Class::Transient,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_have_their_classes() {
        let transient = [
            1040, 1047, 1053, 1152, 1153, 1154, 1155, 1156, 1157, 1158, 1159, 1160, 1161, 1203, 1226, 1290, 1317, 1836,
            1927, 1969, 3024, 4031,
        ];
        for (wanted, numbers) in [
            (Class::Transient, &transient[..]),
            (Class::Contended, &[1020, 1205, 1213]),
            (Class::Refused, &[1044, 1045, 1049, 1142, 1143, 1227, 1698, 1251, 3159, 1054, 1064]),
            (Class::NoTable, &[1146]),
            (Class::Beaten, &[1062]),
        ] {
            for number in numbers {
                assert_eq!(class(*number), wanted, "{number}");
            }
        }
    }
}
