//! Streams of frames, whole and not, from a seed.

use quorate_wire::Delivery;
use quorate_wire::frame::{self, Decoder, FRAME_MAX, Frame, HEAD_BYTES, Kind, Malformed, VERSION};
use quorate_wire::hello::{Hello, Refusal, read_number};
use quorate_wire::message::{Assembler, PIECE_MAX, put_piece};
use rand_core::{Rng, SeedableRng};
use rand_pcg::Pcg64;

/// What no decoder may exceed, in bytes: a frame and a read, and as much again for growing.
const DECODER_MAX: usize = 2 * (FRAME_MAX + (1 << 16));
/// How many bytes a message may have here.
const MESSAGE_MAX: usize = 4 << 20;

/// What was done and what came of it.
#[derive(Clone, Copy, Default, Debug)]
pub(crate) struct Tally {
    pub(crate) frames: u64,
    pub(crate) messages: u64,
    pub(crate) in_pieces: u64,
    pub(crate) refused: u64,
    pub(crate) hellos: u64,
}

/// Numbers below a bound.
pub(crate) fn draws(seed: u64) -> impl FnMut(u64) -> u64 {
    let mut chance = Pcg64::seed_from_u64(seed);
    move |many| chance.next_u64() % many.max(1)
}

/// What a frame says, by itself.
type Owned = (Kind, Vec<u8>);

/// A stream, its frames, and the messages that they make.
struct Stream {
    bytes: Vec<u8>,
    frames: Vec<Owned>,
    /// Where each frame begins.
    starts: Vec<usize>,
    messages: Vec<Vec<u8>>,
}

impl Stream {
    fn draw(draw: &mut impl FnMut(u64) -> u64) -> Self {
        let mut stream = Self {
            bytes: Vec::new(),
            frames: Vec::new(),
            starts: Vec::new(),
            messages: Vec::new(),
        };
        let long = draw(150) == 0;
        for _ in 0..1 + draw(12) {
            match draw(4) {
                0 => stream.short(draw),
                _ => {
                    let most = if long { 3 * PIECE_MAX as u64 } else { 300 };
                    let mut message = vec![draw(256) as u8; draw(most) as usize];
                    message.iter_mut().take(64).for_each(|byte| *byte = draw(256) as u8);
                    stream.message(message);
                }
            }
        }
        stream
    }

    fn short(&mut self, draw: &mut impl FnMut(u64) -> u64) {
        let kinds = [Kind::Hello, Kind::Welcome, Kind::Begin, Kind::Through, Kind::Alive];
        let kind = kinds[draw(5) as usize];
        let payload: Vec<u8> = (0..draw(64)).map(|_| draw(256) as u8).collect();
        self.starts.push(self.bytes.len());
        frame::put(&mut self.bytes, kind, &[&payload]);
        self.frames.push((kind, payload));
    }

    fn message(&mut self, message: Vec<u8>) {
        let sequence = self.messages.len() as u64 + 1;
        let mut left = Some(&message[..]);
        while let Some(rest) = left {
            let from = self.bytes.len();
            left = put_piece(&mut self.bytes, sequence, rest);
            let kind = if left.is_some() { Kind::Part } else { Kind::Last };
            self.starts.push(from);
            self.frames.push((kind, self.bytes[from + HEAD_BYTES..].to_vec()));
        }
        self.messages.push(message);
    }
}

/// What came of a stream.
#[derive(Default)]
struct Read {
    frames: Vec<Owned>,
    messages: Vec<Vec<u8>>,
    wrong: Option<Malformed>,
}

/// Reads a stream that comes in pieces of at most so many bytes.
fn read(bytes: &[u8], most: u64, draw: &mut impl FnMut(u64) -> u64, place: &str) -> Read {
    let (mut decoder, mut assembler) = (Decoder::new(FRAME_MAX), Assembler::new(MESSAGE_MAX));
    let mut found = Read::default();
    let (mut left, mut came) = (bytes, 0);
    while !left.is_empty() && found.wrong.is_none() {
        let room = decoder.room();
        let free = (room.capacity() - room.len()).min(1 + draw(most) as usize);
        let (piece, after) = left.split_at(left.len().min(free));
        room.extend(piece);
        (left, came) = (after, came + piece.len());
        found.wrong = drain(&mut decoder, &mut assembler, &mut found).err();
        let allocated = (decoder.allocated(), assembler.allocated());
        assert!(allocated.0 <= DECODER_MAX, "{place}: {} bytes for a frame", allocated.0);
        assert!(allocated.1 <= 2 * came, "{place}: {} bytes for {came}", allocated.1);
    }
    found
}

fn drain(
    decoder: &mut Decoder,
    assembler: &mut Assembler,
    found: &mut Read,
) -> Result<(), Malformed> {
    while let Some(frame) = decoder.frame()? {
        found.frames.push((frame.kind, frame.payload.to_vec()));
        if matches!(frame.kind, Kind::Part | Kind::Last)
            && let Some((_, message)) = assembler.take(frame)?
        {
            found.messages.push(message.to_vec());
        }
    }
    Ok(())
}

/// How large the pieces are in which a stream comes.
fn piece_most(stream: &Stream, draw: &mut impl FnMut(u64) -> u64) -> u64 {
    let most = if stream.bytes.len() > 10_000 { [1 << 14, 1 << 20] } else { [1, 500] };
    most[draw(2) as usize]
}

/// A stream that comes in any pieces is read as it was written.
pub(crate) fn pieces(seed: u64, tally: &mut Tally) {
    let mut draw = draws(seed);
    let stream = Stream::draw(&mut draw);
    let most = piece_most(&stream, &mut draw);
    let found = read(&stream.bytes, most, &mut draw, &format!("seed {seed}"));
    assert_eq!(found.wrong, None, "seed {seed}");
    assert!(found.frames == stream.frames, "seed {seed}: other frames came");
    assert!(found.messages == stream.messages, "seed {seed}: other messages came");
    tally.frames += found.frames.len() as u64;
    tally.messages += found.messages.len() as u64;
    tally.in_pieces += u64::from(stream.frames.iter().any(|(kind, _)| *kind == Kind::Part));
}

/// A stream that something happened to: what came before is read as it was, and no frame is read
/// that was not written.
pub(crate) fn mutated(seed: u64, tally: &mut Tally) {
    let mut draw = draws(seed);
    let stream = Stream::draw(&mut draw);
    let mut bytes = stream.bytes.clone();
    let mut whole = bytes.len();
    let mut forged = Vec::new();
    for _ in 0..1 + draw(3) {
        whole = whole.min(mutate(&stream, &mut bytes, &mut forged, &mut draw));
    }
    let most = piece_most(&stream, &mut draw);
    let place = format!("seed {seed}");
    let found = read(&bytes, most, &mut draw, &place);
    let ends = stream.starts.iter().skip(1).copied().chain([stream.bytes.len()]);
    let before = ends.filter(|end| *end <= whole).count();
    assert!(found.frames.len() >= before, "{place}: a frame is missing before byte {whole}");
    assert!(found.frames[..before] == stream.frames[..before], "{place}: another frame came");
    let written = |frame: &Owned| stream.frames.contains(frame) || forged.contains(&frame.1);
    assert!(found.frames.iter().all(written), "{place}: a frame came that was never written");
    tally.refused += u64::from(found.wrong.is_some());
}

/// Does something to a stream; up to where it is as it was.
fn mutate(
    stream: &Stream,
    bytes: &mut Vec<u8>,
    forged: &mut Vec<Vec<u8>>,
    draw: &mut impl FnMut(u64) -> u64,
) -> usize {
    let at = draw(bytes.len() as u64) as usize;
    let many = (1 + draw(200) as usize).min(bytes.len() - at);
    match draw(6) {
        0 if at < bytes.len() => bytes[at] ^= 1 << draw(8),
        1 => bytes.truncate(at),
        2 => {
            bytes.drain(at..at + many);
        }
        3 => {
            let again = bytes[at..at + many].to_vec();
            bytes.splice(at..at, again);
        }
        4 => {
            let noise: Vec<u8> = (0..many).map(|_| draw(256) as u8).collect();
            bytes.splice(at..at, noise);
        }
        _ => {
            // A head that fits, of any length and any kind, where a frame begins.
            let start = stream.starts[draw(stream.starts.len() as u64) as usize].min(bytes.len());
            let length = [draw(64), draw(1 << 20), draw(1 << 32)][draw(3) as usize] as u32;
            let payload: Vec<u8> = (0..draw(64)).map(|_| draw(256) as u8).collect();
            let mut head = vec![b'q', b'w', VERSION, draw(12) as u8];
            head.extend(length.to_le_bytes());
            head.extend(crc32c::crc32c(&payload).to_le_bytes());
            head.extend(crc32c::crc32c(&head).to_le_bytes());
            head.extend(&payload);
            forged.push(payload);
            bytes.splice(start..start, head);
            return start;
        }
    }
    at
}

/// What is said first, and nonsense in its place.
pub(crate) fn hellos(seed: u64, tally: &mut Tally) {
    let mut draw = draws(seed);
    let hello = Hello {
        cluster: draw(u64::MAX),
        fingerprint: draw(u64::MAX),
        incarnation: draw(u64::MAX),
        from: draw(1 << 16) as u16,
        to: draw(1 << 16) as u16,
        delivery: [Delivery::Lossy, Delivery::Reliable][draw(2) as usize],
    };
    let payload = hello.payload();
    assert_eq!(Hello::read(Frame { kind: Kind::Hello, payload: &payload }), Ok(hello));
    let mut bytes = payload;
    for _ in 0..draw(3) {
        let at = draw(bytes.len() as u64 + 1) as usize;
        match draw(3) {
            0 => bytes.truncate(at),
            1 => bytes.insert(at, draw(256) as u8),
            _ => bytes.iter_mut().skip(at).take(1).for_each(|byte| *byte = draw(256) as u8),
        }
    }
    let frame = |kind| Frame { kind, payload: &bytes };
    if let Ok(read) = Hello::read(frame(Kind::Hello)) {
        assert_eq!(read.payload(), bytes, "seed {seed}: it is read otherwise than it is written");
        tally.hellos += 1;
        let _ = read.fits(&hello, 9).map_err(|why| answered(why, &read, seed));
    }
    assert!(Hello::read(frame(Kind::Last)).is_err(), "seed {seed}");
    let answer: Vec<u8> = (0..draw(11)).map(|_| draw(9) as u8).collect();
    let frame = Frame { kind: Kind::Refused, payload: &answer };
    if let Ok(why) = Refusal::read(frame, &hello) {
        assert!(answer.len() == 9 && !why.to_string().is_empty(), "seed {seed}");
    }
    let frame = Frame { kind: Kind::Through, payload: &answer };
    assert_eq!(read_number(frame, Kind::Through).is_ok(), answer.len() == 8, "seed {seed}");
}

/// The one who is refused hears of the same two that differ.
fn answered(why: Refusal, refused: &Hello, seed: u64) {
    let payload = why.payload();
    let heard = Refusal::read(Frame { kind: Kind::Refused, payload: &payload }, refused);
    let due = match why {
        Refusal::Cluster { here, there } => Refusal::Cluster { here: there, there: here },
        Refusal::Fingerprint { here, there } => Refusal::Fingerprint { here: there, there: here },
        Refusal::Delivery { .. } => Refusal::Delivery { here: refused.delivery },
        other => other,
    };
    assert_eq!(heard, Ok(due), "seed {seed}");
}
