//! What is counted, for Prometheus.

use std::fmt::Write;
use std::sync::Arc;

use crate::replica::Metrics;
use crate::shared::Shared;

/// Everything that is counted of one process.
#[derive(Debug)]
pub(crate) struct Counted {
    pub(crate) shared: Arc<Shared>,
    pub(crate) links: Arc<quorate_wire::Links>,
    pub(crate) n: u16,
}

impl Metrics for Counted {
    fn text(&self) -> String {
        let known = self.shared.known();
        let mut text = String::new();
        let mut put = |name: &str, kind: &str, help: &str, value: u64| {
            let _ = write!(text, "# HELP {name} {help}\n# TYPE {name} {kind}\n{name} {value}\n");
        };
        put("quorate_term", "gauge", "The term, or the round of the highest ballot.", known.term);
        let leads = u64::from(known.leader.is_some());
        put("quorate_has_leader", "gauge", "Whether a leader is known.", leads);
        put("quorate_commit_index", "gauge", "The last index committed and applied.", known.commit);
        put("quorate_last_index", "gauge", "The last index of the log.", known.last);
        put("quorate_disk_bytes", "gauge", "What the log takes on the disk.", known.disk_bytes);
        put("quorate_commands_total", "counter", "Commands applied.", known.commands);
        put("quorate_commits_total", "counter", "Batches brought to the disk.", known.commits);
        put("quorate_garbled_total", "counter", "Messages refused.", known.garbled);
        let corrupt = u64::from(known.corrupt);
        put("quorate_corrupt", "gauge", "Whether the state differs from others'.", corrupt);
        let keys = self.shared.store().len() as u64;
        put("quorate_keys", "gauge", "How many keys there are.", keys);
        text.push_str(&self.peers());
        text
    }
}

impl Counted {
    fn peers(&self) -> String {
        let mut text = String::new();
        let all = (0..self.n).filter_map(|at| Some((at, self.links.counters(at)?)));
        let all: Vec<_> = all.collect();
        type Count = fn(&quorate_wire::Counters) -> u64;
        let kinds: [(&str, &str, Count); 5] = [
            ("quorate_peer_sent_bytes_total", "Bytes sent.", |one| one.sent_bytes.get()),
            ("quorate_peer_received_bytes_total", "Bytes received.", |one| {
                one.received_bytes.get()
            }),
            ("quorate_peer_sent_total", "Messages sent.", |one| one.sent_messages.get()),
            ("quorate_peer_dropped_total", "Messages dropped.", |one| one.dropped_messages.get()),
            ("quorate_peer_dialled_total", "Connections made.", |one| one.dialled.get()),
        ];
        for (name, help, count) in kinds {
            let _ = write!(text, "# HELP {name} {help}\n# TYPE {name} counter\n");
            for (at, counters) in &all {
                let _ = writeln!(text, "{name}{{peer=\"p{at}\"}} {}", count(counters));
            }
        }
        text
    }
}
