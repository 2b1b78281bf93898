//! Who leads: the role of `release`, and why.

use crate::environment::Environment;
use crate::protocol::Role;

/// A role and where it comes from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Choice {
    /// The role.
    pub role: Role,
    /// Why, for the first line.
    pub reason: String,
    /// What looks like a mistake about it.
    pub warning: Option<String>,
}

const YES: [&str; 4] = ["true", "1", "yes", "on"];
const NO: [&str; 4] = ["false", "0", "no", "off"];

/// Reads a switch: `true/1/yes/on` or `false/0/no/off`, any case.
pub(super) fn switch(word: &str) -> Option<bool> {
    let word = word.trim().to_ascii_lowercase();
    if YES.contains(&word.as_str()) {
        Some(true)
    } else if NO.contains(&word.as_str()) {
        Some(false)
    } else {
        None
    }
}

/// The role of `release`: the flag, else `BELLWETHER_ROLE`, else `RUN_MIGRATIONS`. The error is a usage error.
pub fn choose(flag: Option<&str>, env: &Environment) -> Result<Choice, String> {
    let named = flag.map(|word| ("--role", ' ', word));
    let named = named.or_else(|| env.get("BELLWETHER_ROLE").map(|word| ("BELLWETHER_ROLE", '=', word)));
    if let Some((name, sign, word)) = named {
        let role = match word {
            "leader" => Role::Leader,
            "follower" => Role::Follower,
            _ => return Err(format!("`{name}{sign}{word}`: a role is `leader` or `follower`")),
        };
        return Ok(Choice { role, reason: format!("{name}{sign}{word}"), warning: None });
    }
    let Some(word) = env.get("RUN_MIGRATIONS") else {
        return Ok(Choice { role: Role::Follower, reason: "RUN_MIGRATIONS is not set".into(), warning: None });
    };
    let role = if switch(word) == Some(true) { Role::Leader } else { Role::Follower };
    let warning = switch(word).is_none().then(|| {
        format!(
            "`RUN_MIGRATIONS={word}` is neither a yes nor a no and makes a follower; set it to `true` on the leader"
        )
    });
    Ok(Choice { role, reason: format!("RUN_MIGRATIONS={word}"), warning })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_flag_then_the_role_variable_then_run_migrations() {
        for (flag, role, migrations, expected) in [
            (None, "", "", Role::Follower),
            (None, "", "true", Role::Leader),
            (None, "", "YES", Role::Leader),
            (None, "", "1", Role::Leader),
            (None, "", "on", Role::Leader),
            (None, "", "false", Role::Follower),
            (None, "", "definitely", Role::Follower),
            (None, "leader", "false", Role::Leader),
            (Some("follower"), "leader", "true", Role::Follower),
        ] {
            let env = Environment::of([("BELLWETHER_ROLE", role), ("RUN_MIGRATIONS", migrations)]);
            let choice = choose(flag, &env).expect("a role");
            assert_eq!(choice.role, expected, "{flag:?} {role} {migrations}");
            assert_eq!(choice.warning.is_some(), migrations == "definitely");
        }
    }

    #[test]
    fn an_unknown_role_is_refused_by_name() {
        let env = Environment::of([("BELLWETHER_ROLE", "boss")]);
        assert!(choose(None, &env).expect_err("unknown").contains("`BELLWETHER_ROLE=boss`"));
        assert!(choose(Some("Leader"), &env).expect_err("unknown").contains("`--role Leader`"));
    }
}
