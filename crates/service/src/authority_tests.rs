//! What comes out of a connection whose beginning is looked at.

use tokio::io::{AsyncReadExt, AsyncWriteExt};

use super::{HEADERS, Lenient, PADDED, PREFACE, PRIORITY};

/// What is given on, if `bytes` arrive in pieces of a size.
async fn through(bytes: &[u8], piece: usize) -> Vec<u8> {
    let (mut client, server) = tokio::io::duplex(1 << 16);
    for piece in bytes.chunks(piece) {
        client.write_all(piece).await.expect("there is room");
    }
    drop(client);
    let mut given = Vec::new();
    Lenient::new(server).read_to_end(&mut given).await.expect("it ends");
    given
}

fn frame(kind: u8, flags: u8, inner: &[u8]) -> Vec<u8> {
    let length = inner.len() as u32;
    let head = [length.to_be_bytes()[1..].to_vec(), vec![kind, flags, 0, 0, 0, 1]].concat();
    [head, inner.to_vec()].concat()
}

/// Fields as a client in Go sends them, with an authority that begins with this byte.
fn fields(authority: &[u8], coded: bool) -> Vec<u8> {
    let length = authority.len() as u8 | if coded { 0x80 } else { 0 };
    let path = b"\x45\x06/a/b/c".to_vec();
    let own = b"\x40\x04name\x05value".to_vec();
    let begin = [vec![0x83, 0x86], path, own, vec![0x41, length]].concat();
    [begin, authority.to_vec(), b"\x5f\x01x".to_vec()].concat()
}

fn connection(flags: u8, before: &[u8], fields: &[u8]) -> Vec<u8> {
    let request = frame(HEADERS, flags, &[before, fields].concat());
    [PREFACE.to_vec(), frame(4, 0, &[0, 3, 0, 0, 0, 9]), request, frame(0, 1, b"http://")].concat()
}

/// Huffman's code of the letters that are needed here (RFC 7541, appendix B).
fn code(text: &str) -> Vec<u8> {
    let letter = |letter| match letter {
        'h' => "100111",
        't' => "01001",
        'p' => "101011",
        'j' => "1110100",
        ':' => "1011100",
        '/' => "011000",
        '-' => "010110",
        '.' => "010111",
        '0' => "00000",
        '1' => "00001",
        '2' => "00010",
        other => panic!("{other} is not needed"),
    };
    let mut bits: String = text.chars().map(letter).collect();
    while !bits.len().is_multiple_of(8) {
        bits.push('1');
    }
    let byte = |bits: &[u8]| bits.iter().fold(0, |all, bit| all << 1 | (bit - b'0'));
    bits.as_bytes().chunks(8).map(byte).collect()
}

#[tokio::test]
async fn a_scheme_is_replaced_however_it_arrives() {
    for (flags, before) in [
        (0x4, &b""[..]),
        (0x4 | PADDED, b"\x00"),
        (0x4 | PRIORITY, b"\x00\x00\x00\x00\x10"),
        (0x4 | PADDED | PRIORITY, b"\x00\x00\x00\x00\x00\x10"),
    ] {
        for coded in [false, true] {
            let text = |text: &str| if coded { code(text) } else { text.into() };
            let bytes =
                |authority: &str| connection(flags, before, &fields(&text(authority), coded));
            let (sent, expected) = (bytes("http://10.2.0.1:12"), bytes("httpj--10.2.0.1:12"));
            for piece in [1, 2, 7, 33, 4096] {
                assert_eq!(through(&sent, piece).await, expected, "pieces of {piece}, {coded}");
            }
            let usual = bytes("10.2.0.1:12");
            assert_eq!(through(&usual, 5).await, usual);
        }
    }
}

#[tokio::test]
async fn everything_else_passes_as_it_is() {
    for bytes in [
        &b""[..],
        b"GET http://a/ HTTP/1.1\r\nHost: http://a\r\n\r\n",
        b"PRI * HTTP/1.1\r\n\r\n",
        b"PRI",
        PREFACE,
        &[PREFACE, b"\xff\xff\xff\x01\x04\x00\x00\x00\x01", &[b'x'; 9000]].concat(),
        &[PREFACE, b"\x00\x00\x10\x01\x04\x00\x00\x00\x01http://"].concat(),
        &[PREFACE.to_vec(), frame(HEADERS, PADDED | PRIORITY, b"")].concat(),
    ] {
        for piece in [1, 3, 8192] {
            assert_eq!(through(bytes, piece).await, bytes);
        }
    }
}

/// Whatever a byte is changed to, nothing is lost, and no more changes than a scheme.
#[tokio::test]
async fn a_beginning_that_makes_no_sense_does_no_harm() {
    let sent = connection(0x4, b"", &fields(b"http://10.2.0.1:12", false));
    for at in 0..sent.len() {
        for other in [0x00, 0x01, 0x3f, 0x41, 0x7f, 0x80, 0xff] {
            let mut changed = sent.clone();
            changed[at] = other;
            let given = through(&changed, 4096).await;
            assert_eq!(given.len(), changed.len());
            let differ = given.iter().zip(&changed).filter(|(one, other)| one != other).count();
            assert!(differ == 0 || differ == 3, "byte {at} as {other}: {differ} differ");
        }
    }
}
