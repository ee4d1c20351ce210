//! What all simulators are asked for, and how they answer.

use std::time::Duration;

/// For how many microseconds of virtual time to run a shape, so that some 300,000 messages are
/// sent at a mean delay of 5.5 ms; and the size of the group.
pub(crate) fn ticks(shape: &str, n: &str) -> Option<(u64, u16)> {
    let n: u16 = n.parse().ok().filter(|n| *n >= 2)?;
    match shape {
        "relay" => Some((1_650_000_000 / u64::from(n), n)),
        // A round lasts as long as its slowest message.
        "rounds" => Some((2_700_000_000 / (u64::from(n) * u64::from(n - 1)), n)),
        _ => None,
    }
}

/// One line: the shape, the size, the system, nanoseconds a message, messages.
pub(crate) fn report(system: &str, (shape, n): (&str, u16), sent: u64, time: Duration) {
    let each = time.as_nanos() as f64 / sent.max(1) as f64;
    println!("{shape}-{n} {system} {each:.1} {sent}");
}
