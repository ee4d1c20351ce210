//! The file that says what one process of a group is: TOML.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::time::Duration;

use quorate_kernel::Group;
use serde::{Deserialize, Serialize};

use crate::certs::security;
use crate::log::Pulse;
use crate::serve::{Failure, Settings};

/// What one process of a group is.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Config {
    /// The protocol, by its name in the catalogue.
    pub protocol: String,
    /// Which process of the group it is: p0, p1, ...
    pub process: String,
    /// How many processes may fail; as many as leave a majority, if not said.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub f: Option<u16>,
    /// The number of the group, in hexadecimal digits: those of another group are not spoken to.
    pub cluster: String,
    /// The folder that it keeps its log in, from where this file is.
    pub data: PathBuf,
    /// How often a leader says that it leads, as in 100ms.
    #[serde(default = "beat")]
    pub beat: String,
    /// How long the others wait for it at least, as in 1s.
    #[serde(default = "election")]
    pub election: String,
    /// The folder with the certificates that `quorate certs` made; none for a group on one machine.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub certificates: Option<PathBuf>,
    /// As long as this file is there, no sync of the log succeeds: to see what the process does
    /// then.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub fail_sync: Option<PathBuf>,
    /// Where it writes its part of a trace; all processes of a group do, or none does.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub trace: Option<PathBuf>,
    /// The protocol's own parameters, as `--set` has them.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub set: BTreeMap<String, String>,
    /// The processes of the group, in order.
    pub members: Vec<Member>,
}

/// A process of the group.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Member {
    /// Where it listens to the others, as in 127.0.0.1:2380.
    pub peers: String,
    /// Where it listens to clients.
    pub clients: String,
}

fn beat() -> String {
    "100ms".into()
}

fn election() -> String {
    "1s".into()
}

impl Config {
    /// Reads a file.
    ///
    /// # Errors
    /// If it cannot be read, or is not one of these: with the line and what would be right.
    pub fn read(path: &Path) -> Result<Self, Failure> {
        let shown = path.display();
        let text = std::fs::read_to_string(path)
            .map_err(|error| Failure::Settings(format!("{shown} cannot be read: {error}")))?;
        toml::from_str(&text).map_err(|error| Failure::Settings(format!("{shown}: {error}")))
    }

    /// The text of such a file.
    pub fn text(&self) -> String {
        toml::to_string(self).unwrap_or_default()
    }

    /// What it tells a process, if the file is in this folder.
    ///
    /// # Errors
    /// If something in it does not fit, with a sentence that says what would.
    pub fn settings(&self, folder: &Path) -> Result<Settings, Failure> {
        let n = u16::try_from(self.members.len()).unwrap_or(u16::MAX);
        let wrong = |text: String| Err(Failure::Settings(text));
        let me = self.process.strip_prefix('p').and_then(|digits| digits.parse::<u16>().ok());
        let Some(me) = me.filter(|me| *me < n) else {
            return wrong(format!(
                "process is {:?}, and the group has {n} members: name one of p0 to p{}",
                self.process,
                n.saturating_sub(1)
            ));
        };
        let Ok(cluster) = u64::from_str_radix(&self.cluster, 16) else {
            return wrong(format!(
                "cluster is {:?}: it is a number of up to 16 hexadecimal digits, the same in all \
                 files of a group",
                self.cluster
            ));
        };
        let f = self.f.unwrap_or(n.saturating_sub(1) / 2);
        if f >= n {
            return wrong(format!("f is {f}, and at most {} of {n} can fail", n - 1));
        }
        let pulse =
            Pulse { beat: time("beat", &self.beat)?, election: time("election", &self.election)? };
        if pulse.election < 2 * pulse.beat {
            return wrong(format!(
                "election is {} and beat {}: others must wait for two beats of a leader at least",
                self.election, self.beat
            ));
        }
        let certificates = self.certificates.as_ref().map(|at| folder.join(at));
        Ok(Settings {
            me,
            group: Group { n, f },
            cluster,
            peers: self.members.iter().map(|one| one.peers.clone()).collect(),
            clients: self.members.iter().map(|one| one.clients.clone()).collect(),
            data: folder.join(&self.data),
            fail_sync: self.fail_sync.as_ref().map(|at| folder.join(at)),
            trace: self.trace.as_ref().map(|at| folder.join(at)),
            protocol: self.protocol.clone(),
            parameters: self.set.clone().into_iter().collect(),
            pulse,
            security: security(certificates.as_deref(), me, cluster)?,
        })
    }
}

/// A time as it is written: 100ms, 2s.
fn time(key: &str, text: &str) -> Result<Duration, Failure> {
    let end = text.find(|c: char| !c.is_ascii_digit()).unwrap_or(text.len());
    let number = text[..end].parse::<u32>().ok().filter(|number| *number > 0);
    let time = number.and_then(|number| match &text[end..] {
        "us" => Some(Duration::from_micros(number.into())),
        "ms" => Some(Duration::from_millis(number.into())),
        "s" => Some(Duration::from_secs(number.into())),
        _ => None,
    });
    time.ok_or_else(|| {
        Failure::Settings(format!("{key} is {text:?}: it is a time as in 100ms, 2s"))
    })
}
