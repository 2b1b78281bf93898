//! Names for people: which app, and which of its instances, a row or a line comes from. They decide nothing.

use crate::environment::Environment;

use super::{IdentityError, LONGEST, check_length};

/// The app's name and where it was found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Label {
    /// The name.
    pub value: String,
    /// The flag or variable, or `host name`.
    pub source: String,
}

/// A variable that names the app, and the variable without which it means something else.
const APPS: [(&str, Option<&str>); 17] = [
    ("BELLWETHER_APP", None),
    ("HEROKU_APP_NAME", None),
    ("FLY_APP_NAME", None),
    ("RENDER_SERVICE_NAME", None),
    ("RAILWAY_SERVICE_NAME", None),
    ("APP", Some("SCALINGO_APPLICATION_ID")),
    ("CC_APP_NAME", None),
    ("PLATFORM_APPLICATION_NAME", None),
    ("NF_OBJECT_ID", None),
    ("KOYEB_SERVICE_NAME", None),
    ("KOYEB_APP_NAME", None),
    ("CLOUD_RUN_JOB", None),
    ("K_SERVICE", None),
    ("NOMAD_JOB_NAME", None),
    ("KAMAL_SERVICE", None),
    ("GITHUB_REPOSITORY", None),
    ("CI_PROJECT_PATH", None),
];

const INSTANCES: [&str; 10] = [
    "DYNO",
    "FLY_MACHINE_ID",
    "RENDER_INSTANCE_ID",
    "RAILWAY_REPLICA_ID",
    "CONTAINER",
    "INSTANCE_ID",
    "NOMAD_ALLOC_ID",
    "CLOUD_RUN_EXECUTION",
    "GITHUB_RUN_ID",
    "HOSTNAME",
];

/// The app's name: the flag, else `BELLWETHER_APP`, else what the platform says, else the host's name. A blank one
/// counts as not given.
pub fn app(flag: Option<&str>, env: &Environment) -> Result<Label, IdentityError> {
    let named = flag.map(|value| ("--app", value)).into_iter().chain(
        APPS.iter()
            .filter(|(_, only_with)| only_with.is_none_or(|other| env.get(other).is_some()))
            .filter_map(|&(variable, _)| Some((variable, env.get(variable)?))),
    );
    let Some((source, value)) = named.into_iter().find(|(_, value)| !value.trim().is_empty()) else {
        return Ok(Label { value: host_name(), source: "host name".to_owned() });
    };
    check_length(source, value)?;
    Ok(Label { value: value.to_owned(), source: source.to_owned() })
}

/// The instance's name: what the platform says, else the host's name. One that would not fit into the table is passed
/// over, as nobody chose it.
pub fn instance(env: &Environment) -> String {
    INSTANCES
        .iter()
        .filter_map(|variable| env.get(variable))
        .find(|value| !value.trim().is_empty() && value.chars().count() <= LONGEST)
        .map_or_else(host_name, ToOwned::to_owned)
}

fn host_name() -> String {
    rustix::system::uname().nodename().to_string_lossy().into_owned()
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    #[test]
    fn app_order() {
        let cases = [
            (Some("web"), Environment::of([("BELLWETHER_APP", "b")]), "web", "--app"),
            (Some(" "), Environment::of([("BELLWETHER_APP", "b")]), "b", "BELLWETHER_APP"),
            (None, Environment::of([("BELLWETHER_APP", "b"), ("HEROKU_APP_NAME", "h")]), "b", "BELLWETHER_APP"),
            (None, Environment::of([("BELLWETHER_APP", "  "), ("HEROKU_APP_NAME", "h")]), "h", "HEROKU_APP_NAME"),
            (None, Environment::of([("APP", "a"), ("NOMAD_JOB_NAME", "n")]), "n", "NOMAD_JOB_NAME"),
            (None, Environment::of([("APP", "a"), ("SCALINGO_APPLICATION_ID", "1")]), "a", "APP"),
        ];
        for (flag, env, value, source) in cases {
            let expected = Label { value: value.to_owned(), source: source.to_owned() };
            assert_eq!(app(flag, &env).unwrap(), expected);
        }
    }

    #[test]
    fn each_app_variable_is_read() {
        for (variable, only_with) in APPS {
            let env = Environment::of([(variable, "name"), (only_with.unwrap_or("OTHER"), "1")]);
            assert_eq!(app(None, &env).unwrap().source, variable);
        }
    }

    #[test]
    fn without_variables_it_is_the_host() {
        let label = app(None, &Environment::of([("APP", "not Scalingo's")])).unwrap();
        assert_eq!(label.source, "host name");
        assert!(!label.value.is_empty());
        assert_eq!(instance(&Environment::of([])), label.value);
    }

    #[test]
    fn an_app_name_has_to_fit() {
        let fits = "ä".repeat(255);
        assert_eq!(app(Some(&fits), &Environment::of([])).unwrap().value, fits);
        let error = app(None, &Environment::of([("BELLWETHER_APP", &"ä".repeat(256))])).unwrap_err().to_string();
        assert!(error.starts_with("`BELLWETHER_APP` has 256 characters"), "{error}");
    }

    #[test]
    fn each_instance_variable_is_read_in_order() {
        for (place, variable) in INSTANCES.iter().enumerate() {
            assert_eq!(instance(&Environment::of([(variable, "it")])), "it");
            for later in &INSTANCES[place + 1..] {
                assert_eq!(instance(&Environment::of([(variable, "it"), (later, "other")])), "it", "{variable}");
            }
        }
        let env = Environment::of([("DYNO", &"x".repeat(256)), ("CONTAINER", " "), ("HOSTNAME", "h")]);
        assert_eq!(instance(&env), "h");
    }
}
