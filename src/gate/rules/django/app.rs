//! The label of a Django app, under which its migrations have their rows.

use std::collections::BTreeSet;
use std::path::Path;

use super::super::python::{File, Literal, Said, Scope};

/// The label that the configuration in `apps.py` gives the app, else the name of its folder.
pub(super) fn label(app: &Path) -> Result<String, String> {
    let file = app.join("apps.py");
    let configured = if file.is_file() { configured(&file)? } else { None };
    if let Some(label) = configured {
        return Ok(label);
    }
    // The project may be the folder that we are in.
    let folder = app.canonicalize().map_err(|error| format!("can't read `{}`: {error}", app.display()))?;
    Ok(folder.file_name().unwrap_or_default().to_string_lossy().into_owned())
}

/// Django takes the only configuration, or of several the one that says `default = True`.
fn configured(file: &Path) -> Result<Option<String>, String> {
    let source = File::read(file)?;
    let module = source.module();
    let said = |class: &str, name: &str| said(&module, class, name, &mut BTreeSet::new());
    let default = |class: &str| said(class, "default") == Said::Literal(Literal::Truth(true));
    let not_default = |class: &str| said(class, "default") == Said::Literal(Literal::Truth(false));
    let configs: Vec<&str> = module
        .classes()
        .map(|(class, _)| class)
        .filter(|class| is_config(&module, class) && !not_default(class))
        .collect();
    let defaults: Vec<&str> = configs.iter().copied().filter(|class| default(class)).collect();
    let (([class], _) | (_, [class])) = (configs.as_slice(), defaults.as_slice()) else { return Ok(None) };
    match (said(class, "label"), said(class, "name")) {
        (Said::Literal(Literal::Text(label)), _) => Ok(Some(label)),
        (Said::Nothing, Said::Literal(Literal::Text(name))) => Ok(name.rsplit('.').next().map(str::to_owned)),
        (Said::Nothing, _) => Ok(None),
        _ => Err(format!(
            "`{}` doesn't say the `label` of {class} as a literal; write it as one, or ship a list of the migrations and \
             name that with `manifest:FILE`, or ask Django itself: `bellwether follow -- python manage.py migrate --check`",
            file.display()
        )),
    }
}

/// Whether a class is an `AppConfig`, as far as its bases' names tell.
fn is_config(module: &Scope, class: &str) -> bool {
    let mut seen = BTreeSet::new();
    let mut next = vec![class];
    while let Some(class) = next.pop() {
        match bases(module, class) {
            Some(bases) if seen.insert(class.to_owned()) => next.extend(bases),
            None if class.ends_with("Config") => return true,
            _ => {}
        }
    }
    false
}

/// What a class says of a name, else those of its bases that are in the same file.
fn said(module: &Scope, class: &str, name: &str, seen: &mut BTreeSet<String>) -> Said {
    let Some(body) = module.class(class).filter(|_| seen.insert(class.to_owned())) else { return Said::Nothing };
    match body.say(name) {
        Said::Nothing => {
            let bases = bases(module, class).unwrap_or_default();
            let mut inherited = bases.into_iter().map(|base| said(module, base, name, seen));
            inherited.find(|said| *said != Said::Nothing).unwrap_or(Said::Nothing)
        }
        said => said,
    }
}

fn bases<'a>(module: &Scope<'a>, class: &str) -> Option<Vec<&'a str>> {
    module.classes().find(|(name, _)| *name == class).map(|(_, bases)| bases)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn label_of(apps: &str) -> Result<String, String> {
        let folder = tempfile::tempdir().expect("a folder");
        let app = folder.path().join("shop");
        std::fs::create_dir_all(&app).expect("a folder");
        std::fs::write(app.join("apps.py"), apps).expect("a file");
        label(&app)
    }

    #[test]
    fn the_label_is_the_one_that_django_takes() {
        for (apps, expected) in [
            ("", "shop"),
            ("class C(AppConfig):\n    name = 'my.shop'\n    label = 'money'\n", "money"),
            ("class C(apps.AppConfig): label: str = \"mo\" 'ney'", "money"),
            ("class C(AppConfig):\n    name = 'my.till'\n", "till"),
            ("class C(AppConfig):\n    name = __name__\n", "shop"),
            (
                "class C(AppConfig):\n    '''\n    label = 'no'\n    '''\n    def f(self):\n        label = 'no'\n",
                "shop",
            ),
            ("label = 'no'\nclass Choice:\n    label = 'no'\n", "shop"),
            ("class A(AppConfig):\n    label = 'a'\nclass B(AppConfig):\n    label = 'b'\n    default = True\n", "b"),
            ("class A(AppConfig):\n    label = 'a'\n    default = False\nclass B(AppConfig):\n    label = 'b'\n", "b"),
            ("class A(AppConfig):\n    label = 'a'\nclass B(AppConfig):\n    label = 'b'\n", "shop"),
            ("class A(AppConfig):\n    label = 'a'\n    default = False\nclass B(A):\n    default = True\n", "a"),
            ("class A(B): label = 'a'\nclass B(A): pass\n", "shop"),
            ("class C(OscarConfig): label = 'oscar'", "oscar"),
        ] {
            assert_eq!(label_of(apps).as_deref(), Ok(expected), "{apps}");
        }
    }

    #[test]
    fn a_label_that_can_t_be_told_is_an_error_with_the_fix() {
        for (apps, part) in [
            ("class C(AppConfig):\n    label = PREFIX + 'x'\n", "doesn't say the `label` of C as a literal"),
            ("class C(AppConfig):\n    if X:\n        label = 'x'\n", "`manifest:FILE`"),
            ("class C(AppConfig:\n", "apps.py` can't be read as Python: line 1"),
        ] {
            let error = label_of(apps).expect_err(apps);
            assert!(error.contains(part) && error.contains("shop/apps.py"), "{error}");
        }
    }
}
