//! Which platform runs this process, and what follows from that for the defaults and the advice.

use std::time::Duration;

use crate::environment::Environment;

const MINUTE: u64 = 60;

/// A platform that has its own time limit, or its own way to say which release runs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Platform {
    /// Heroku, the release phase.
    Heroku,
    /// Render, the pre-deploy command.
    Render,
    /// Scalingo, the postdeploy hook.
    Scalingo,
    /// AWS Elastic Beanstalk, a container command or platform hook.
    ElasticBeanstalk,
    /// Google Cloud Run, a job or a service.
    CloudRun,
    /// Fly.io, the release command.
    Fly,
    /// Railway, the pre-deploy command.
    Railway,
    /// Nomad, a task.
    Nomad,
    /// AWS ECS, a task.
    Ecs,
    /// Kubernetes, a job or an init container.
    Kubernetes,
    /// Any other.
    Unknown,
}

/// The variables that give a platform away, the first that is set decides. Kubernetes stands below the platforms that
/// are built on it, but above `K_SERVICE`, which Knative sets in any cluster.
const SIGNS: [(&str, Platform); 13] = [
    ("DYNO", Platform::Heroku),
    ("FLY_APP_NAME", Platform::Fly),
    ("RENDER", Platform::Render),
    ("RENDER_SERVICE_ID", Platform::Render),
    ("RAILWAY_PROJECT_ID", Platform::Railway),
    ("RAILWAY_SERVICE_ID", Platform::Railway),
    ("SCALINGO_APPLICATION_ID", Platform::Scalingo),
    ("EB_IS_COMMAND_LEADER", Platform::ElasticBeanstalk),
    ("CLOUD_RUN_JOB", Platform::CloudRun),
    ("NOMAD_ALLOC_ID", Platform::Nomad),
    ("KUBERNETES_SERVICE_HOST", Platform::Kubernetes),
    ("K_SERVICE", Platform::CloudRun),
    ("ECS_CONTAINER_METADATA_URI_V4", Platform::Ecs),
];

impl Platform {
    /// Reads the platform off the variables it sets.
    pub fn detect(env: &Environment) -> Self {
        SIGNS.iter().find(|(variable, _)| env.get(variable).is_some()).map_or(Self::Unknown, |&(_, platform)| platform)
    }

    /// How long a follower waits unless told otherwise: below the platform's own limit, so that the reason stands in
    /// the log before the platform ends it.
    pub fn follower_timeout(self) -> Duration {
        Duration::from_secs(match self {
            Self::Heroku => 55 * MINUTE,
            Self::Render => 27 * MINUTE,
            Self::Scalingo => 18 * MINUTE,
            Self::ElasticBeanstalk | Self::CloudRun => 9 * MINUTE,
            Self::Fly => 4 * MINUTE + 30,
            Self::Railway | Self::Nomad | Self::Ecs | Self::Kubernetes | Self::Unknown => 30 * MINUTE,
        })
    }

    /// How long a follower waits for a run to appear unless told otherwise.
    pub fn start_timeout(self) -> Duration {
        Duration::from_secs(if self == Self::Fly { 4 * MINUTE } else { 10 * MINUTE })
    }

    /// Why the follower's timeout is what it is, to stand in brackets behind it.
    pub fn why(self) -> &'static str {
        match self {
            Self::Heroku => "Heroku ends a release after 1h",
            Self::Render => "Render ends a pre-deploy command after 30m",
            Self::Scalingo => "Scalingo ends a postdeploy hook after 20m",
            Self::ElasticBeanstalk => "Elastic Beanstalk ends a command after 10m, unless its `Timeout` is raised",
            Self::CloudRun => "Cloud Run ends an attempt of a job after 10m, unless its task timeout is raised",
            Self::Fly => "Fly.io ends a release command after 5m, unless `release_command_timeout` is raised",
            Self::Railway | Self::Nomad | Self::Ecs | Self::Kubernetes | Self::Unknown => {
                "the default where no limit of the platform is known"
            }
        }
    }

    /// What to do here when nothing names the release, in whole sentences.
    pub(super) fn how_to_name_the_release(self) -> &'static str {
        match self {
            Self::Heroku => {
                "On Heroku begin with `--fingerprint db/migrate` (the folder of the migrations), which needs no \
                 setting. To go by the commit run `heroku labs:enable runtime-dyno-metadata` and `heroku labs:enable \
                 runtime-dyno-build-metadata` for every app; `HEROKU_BUILD_COMMIT` is there from the next deploy on."
            }
            Self::Render => {
                "A Render service that is built from git has `RENDER_GIT_COMMIT`. For one that runs an image set \
                 `BELLWETHER_RELEASE` to the image's tag in every service, or give `--fingerprint db/migrate`."
            }
            Self::Scalingo => {
                "Scalingo sets `CONTAINER_VERSION` to the commit. Where it is missing give `--fingerprint db/migrate`, \
                 or set `BELLWETHER_RELEASE` in every app."
            }
            Self::ElasticBeanstalk => {
                "On Elastic Beanstalk give `--fingerprint db/migrate`, or let CI write the commit into a file \
                 `REVISION` at the top of every application bundle."
            }
            Self::CloudRun => {
                "On Cloud Run update every job with `gcloud run jobs update JOB --update-env-vars \
                 BELLWETHER_RELEASE=$(git rev-parse HEAD)` before it is executed, or give `--fingerprint db/migrate`."
            }
            Self::Fly => {
                "On Fly.io deploy every app with `fly deploy -e BELLWETHER_RELEASE=$(git rev-parse HEAD)`, or give \
                 `--fingerprint db/migrate`."
            }
            Self::Railway => {
                "`railway up` sends no commit to Railway. Deploy from GitHub, or set `BELLWETHER_RELEASE` in every \
                 service before `railway up`, or give `--fingerprint db/migrate`."
            }
            Self::Nomad => {
                "On Nomad set `BELLWETHER_RELEASE` to the image tag in the `env` block of every task, or give \
                 `--fingerprint db/migrate`."
            }
            Self::Ecs => {
                "On ECS set `BELLWETHER_RELEASE` to the image tag in the `environment` of every task definition, or \
                 give `--fingerprint db/migrate`."
            }
            Self::Kubernetes => {
                "On Kubernetes set `BELLWETHER_RELEASE` to the image tag in the `env` of every app's container (Helm: \
                 `{{ .Values.image.tag }}`), or give `--fingerprint db/migrate`."
            }
            Self::Unknown => {
                "Set `BELLWETHER_RELEASE` to the commit in every deploy of every app (DigitalOcean: \
                 `${_self.COMMIT_HASH}` as its value in the app spec), or give `--fingerprint db/migrate` (the folder \
                 of the migrations)."
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_sign_gives_its_platform_away() {
        for (variable, platform) in SIGNS {
            assert_eq!(Platform::detect(&Environment::of([(variable, "x")])), platform, "{variable}");
        }
        assert_eq!(Platform::detect(&Environment::of([])), Platform::Unknown);
        assert_eq!(Platform::detect(&Environment::of([("DYNO", "")])), Platform::Unknown);
    }

    #[test]
    fn the_more_special_platform_wins() {
        let cases = [
            ("DYNO", Platform::Heroku),
            ("FLY_APP_NAME", Platform::Fly),
            ("CLOUD_RUN_JOB", Platform::CloudRun),
            ("NOMAD_ALLOC_ID", Platform::Nomad),
            ("K_SERVICE", Platform::Kubernetes),
        ];
        for (variable, platform) in cases {
            let env = Environment::of([(variable, "x"), ("KUBERNETES_SERVICE_HOST", "10.0.0.1")]);
            assert_eq!(Platform::detect(&env), platform, "{variable}");
        }
    }

    #[test]
    fn times_stay_below_the_limits() {
        // Platform, its own limit in seconds, follower timeout, start timeout.
        let cases = [
            (Platform::Heroku, Some(3600), 3300, 600),
            (Platform::Render, Some(1800), 1620, 600),
            (Platform::Scalingo, Some(1200), 1080, 600),
            (Platform::ElasticBeanstalk, Some(600), 540, 600),
            (Platform::CloudRun, Some(600), 540, 600),
            (Platform::Fly, Some(300), 270, 240),
            (Platform::Railway, None, 1800, 600),
            (Platform::Nomad, None, 1800, 600),
            (Platform::Ecs, None, 1800, 600),
            (Platform::Kubernetes, None, 1800, 600),
            (Platform::Unknown, None, 1800, 600),
        ];
        for (platform, limit, follower, start) in cases {
            assert_eq!(platform.follower_timeout(), Duration::from_secs(follower), "{platform:?}");
            assert_eq!(platform.start_timeout(), Duration::from_secs(start), "{platform:?}");
            assert!(limit.is_none_or(|limit| follower < limit), "{platform:?}");
            assert_eq!(platform.why().contains("default"), limit.is_none(), "{platform:?}");
        }
    }

    #[test]
    fn every_platform_has_a_way_without_a_setting() {
        for platform in SIGNS.map(|(_, platform)| platform).into_iter().chain([Platform::Unknown]) {
            let fix = platform.how_to_name_the_release();
            assert!(fix.contains("`--fingerprint db/migrate`") && fix.ends_with('.'), "{fix}");
        }
    }
}
