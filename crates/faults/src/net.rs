//! Network namespaces of a run's own: one for each node, all on one bridge.

use std::io::Write;
use std::path::Path;
use std::process::{Command, Stdio};

/// What is dropped at a node: whatever comes from these addresses.
const TABLE: &str = "table inet faults {
  set cut { type ipv4_addr; }
  chain in { type filter hook input priority 0; ip saddr @cut drop; }
}
";

/// The number of the net that is made to see whether one can be made.
const TRIAL: u32 = 25;

/// Who reaches whom: both ways, or not at all.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) struct Reach {
    n: u16,
    cut: Vec<(u16, u16)>,
}

impl Reach {
    /// Everybody reaches everybody.
    pub(crate) fn whole(n: u16) -> Self {
        Self { n, cut: Vec::new() }
    }

    /// Only those reach each other for which this says so, in either order.
    pub(crate) fn only(n: u16, reaches: impl Fn(u16, u16) -> bool) -> Self {
        let pairs = (0..n).flat_map(|a| (a + 1..n).map(move |b| (a, b)));
        Self { n, cut: pairs.filter(|(a, b)| !reaches(*a, *b) && !reaches(*b, *a)).collect() }
    }

    /// Whether two nodes reach each other.
    pub(crate) fn has(&self, a: u16, b: u16) -> bool {
        a == b || !self.cut.contains(&(a.min(b), a.max(b)))
    }

    /// Whom a node does not reach.
    fn cut_from(&self, node: u16) -> impl Iterator<Item = u16> {
        (0..self.n).filter(move |other| !self.has(node, *other))
    }
}

/// The namespaces, removed when this is dropped.
#[derive(Debug)]
pub(crate) struct Net {
    prefix: String,
    subnet: String,
    n: u16,
}

/// What is missing to make namespaces, if anything.
pub(crate) fn missing() -> Option<String> {
    if !rustix::process::geteuid().is_root() {
        return Some("network namespaces need root".into());
    }
    let absent = |name: &&str| Command::new(name).arg("-V").output().is_err();
    let absent: Vec<&str> = ["ip", "nft"].into_iter().filter(absent).collect();
    if !absent.is_empty() {
        let names = absent.join(" and ");
        return Some(format!("{names} not found: install the packages iproute2 and nftables"));
    }
    let made = Net::make(1, TRIAL);
    made.err().map(|why| format!("no network namespaces can be made here: {why}"))
}

/// Runs a program to its end, and gives it something to read.
pub(crate) fn run(command: &mut Command, input: &str) -> Result<(), String> {
    command.stdin(Stdio::piped()).stdout(Stdio::null()).stderr(Stdio::piped());
    let shown = format!("{command:?}");
    let failed = |error: std::io::Error| format!("{shown}: {error}");
    let mut child = command.spawn().map_err(failed)?;
    if let Some(mut to) = child.stdin.take() {
        to.write_all(input.as_bytes()).map_err(failed)?;
    }
    let output = child.wait_with_output().map_err(failed)?;
    let said = String::from_utf8_lossy(&output.stderr);
    if output.status.success() { Ok(()) } else { Err(format!("{shown}: {}", said.trim())) }
}

fn ip(words: &[&str]) -> Result<(), String> {
    run(Command::new("ip").args(words), "")
}

impl Net {
    /// Makes the namespaces of `n` nodes. `number` tells the nets of one process apart.
    pub(crate) fn make(n: u16, number: u32) -> Result<Self, String> {
        let pid = std::process::id();
        let prefix = format!("qf{}{}", pid % 10_000_000, char::from(b'a' + (number % 26) as u8));
        let at = pid.wrapping_mul(31).wrapping_add(number);
        let subnet = format!("10.{}.{}", 201 + at % 50, at / 50 % 250);
        let net = Self { prefix, subnet, n };
        let bridge = net.bridge();
        ip(&["link", "add", &bridge, "type", "bridge"])?;
        ip(&["addr", "add", &format!("{}.1/24", net.subnet), "dev", &bridge])?;
        ip(&["link", "set", &bridge, "up"])?;
        for node in 0..n {
            net.add(node, &bridge)?;
        }
        Ok(net)
    }

    fn add(&self, node: u16, bridge: &str) -> Result<(), String> {
        let (space, outer) = (self.space(node), format!("{}v{node}", self.prefix));
        ip(&["netns", "add", &space])?;
        let ends = ["link", "add", &outer, "type", "veth", "peer", "name", "eth0"];
        ip(&[&ends[..], &["netns", &space]].concat())?;
        ip(&["link", "set", &outer, "master", bridge, "up"])?;
        let address = format!("{}/24", self.address(node));
        ip(&["-n", &space, "addr", "add", &address, "dev", "eth0"])?;
        ip(&["-n", &space, "link", "set", "lo", "up"])?;
        ip(&["-n", &space, "link", "set", "eth0", "up"])?;
        self.filter(node, TABLE)
    }

    fn bridge(&self) -> String {
        format!("{}br", self.prefix)
    }

    fn space(&self, node: u16) -> String {
        format!("{}n{node}", self.prefix)
    }

    /// The address of a node.
    pub(crate) fn address(&self, node: u16) -> String {
        format!("{}.{}", self.subnet, 11 + node)
    }

    /// A command in the namespace of a node. `ip` becomes the program: both are one process.
    pub(crate) fn command(&self, node: u16, program: &Path) -> Command {
        let mut command = Command::new("ip");
        command.args(["netns", "exec", &self.space(node)]).arg(program);
        command
    }

    fn filter(&self, node: u16, rules: &str) -> Result<(), String> {
        run(self.command(node, Path::new("nft")).args(["-f", "-"]), rules)
    }

    /// Lets nodes reach each other as told. Each end of a link that is cut drops what comes in, so
    /// that packets are lost on the way, and no sender is told.
    pub(crate) fn shape(&self, reach: &Reach) -> Result<(), String> {
        std::thread::scope(|scope| {
            let rules = (0..self.n).map(|node| {
                let cut: Vec<String> = reach.cut_from(node).map(|at| self.address(at)).collect();
                let mut rules = "flush set inet faults cut\n".to_string();
                if !cut.is_empty() {
                    rules += &format!("add element inet faults cut {{ {} }}\n", cut.join(", "));
                }
                scope.spawn(move || self.filter(node, &rules))
            });
            let all: Vec<_> = rules.collect();
            let stopped = |_| Err("a thread stopped".to_string());
            all.into_iter().try_for_each(|one| one.join().unwrap_or_else(stopped))
        })
    }
}

impl Drop for Net {
    fn drop(&mut self) {
        for node in 0..self.n {
            let _ = ip(&["link", "del", &format!("{}v{node}", self.prefix)]);
            let _ = ip(&["netns", "del", &self.space(node)]);
        }
        let _ = ip(&["link", "del", &self.bridge()]);
    }
}

#[cfg(test)]
mod tests {
    use super::Reach;

    #[test]
    fn links_are_cut_both_ways() {
        let star = Reach::only(5, |a, _| a == 2);
        assert!((0..5).all(|node| star.has(node, 2) && star.has(2, node)));
        assert!(!star.has(0, 1) && !star.has(1, 0) && star.has(1, 1));
        assert_eq!(star.cut_from(0).collect::<Vec<_>>(), [1, 3, 4]);
        assert_eq!(Reach::only(3, |_, _| true), Reach::whole(3));
    }
}
