//! The codecs of the server's audio decoding as one WebAssembly module: packets in, planar 32-bit float samples out.
//!
//! Containers are not read here: what a packet is, the TypeScript around it knows. One instance decodes one stream; its
//! memory goes when the instance goes, and whatever hostile bytes make of it (a trap, memory up to the limit that
//! build.sh sets) stays inside. Nothing is imported: no clock, no output, no allocator of the host.
//!
//! The host calls `reserve` and writes a codec's configuration or a packet there, then `open` or `decode`, then reads
//! `sample_rate`, `channels` and the planes at `plane(channel)`.

use std::cell::UnsafeCell;

mod opus;
mod symphonia;

/// Decodes the packets of one stream.
trait Decoder {
    /// Replaces the contents of `planes`, one a channel, by the packet's samples; `false` if it cannot be decoded.
    fn decode(&mut self, packet: &[u8], planes: &mut Vec<Vec<f32>>) -> bool;
    /// In Hz; known after the first packet at the latest.
    fn sample_rate(&self) -> u32;
}

/// What `open` is given. The numbers are part of the interface to `codec-module.ts`.
#[derive(Clone, Copy, PartialEq)]
enum Codec {
    Aac = 1,
    Flac = 2,
    Mp3 = 3,
    Mp2 = 4,
    Mp1 = 5,
    Opus = 6,
    Vorbis = 7,
}

impl Codec {
    fn from_number(number: u32) -> Option<Codec> {
        use Codec::*;
        [Aac, Flac, Mp3, Mp2, Mp1, Opus, Vorbis].into_iter().find(|&codec| codec as u32 == number)
    }
}

#[derive(Default)]
struct Stream {
    input: Vec<u8>,
    planes: Vec<Vec<f32>>,
    decoder: Option<Box<dyn Decoder>>,
}

/// The one stream of this instance. WebAssembly instances have one thread.
struct Instance(UnsafeCell<Option<Stream>>);
unsafe impl Sync for Instance {}
static INSTANCE: Instance = Instance(UnsafeCell::new(None));

fn stream() -> &'static mut Stream {
    // Sound: one thread, and no exported function calls another.
    unsafe { &mut *INSTANCE.0.get() }.get_or_insert_with(Stream::default)
}

/// Where the host writes the next `length` bytes.
#[unsafe(no_mangle)]
pub extern "C" fn reserve(length: usize) -> *mut u8 {
    let input = &mut stream().input;
    input.resize(length, 0);
    input.as_mut_ptr()
}

/// Opens a decoder with the configuration that was written: 1 if it can decode the stream, else 0.
///
/// Configurations: AAC, an AudioSpecificConfig; FLAC, the contents of STREAMINFO; Opus, an identification header
/// (RFC 7845, 5.1); Vorbis, the identification header followed by the setup header; MPEG audio, nothing.
#[unsafe(no_mangle)]
pub extern "C" fn open(codec: u32) -> u32 {
    let stream = stream();
    stream.decoder = Codec::from_number(codec).and_then(|codec| match codec {
        Codec::Opus => opus::open(&stream.input),
        _ => symphonia::open(codec, &stream.input),
    });
    u32::from(stream.decoder.is_some())
}

/// Decodes the packet that was written: samples of each channel, or -1 if it cannot be decoded.
#[unsafe(no_mangle)]
pub extern "C" fn decode() -> i32 {
    let Stream { input, planes, decoder } = stream();
    match decoder {
        Some(decoder) => match decoder.decode(input, planes) {
            true => planes.first().map_or(0, Vec::len) as i32,
            false => -1,
        },
        None => -1,
    }
}

#[unsafe(no_mangle)]
pub extern "C" fn channels() -> usize {
    stream().planes.len()
}

#[unsafe(no_mangle)]
pub extern "C" fn sample_rate() -> u32 {
    stream().decoder.as_ref().map_or(0, |decoder| decoder.sample_rate())
}

/// The samples of a channel, until the next call of `reserve`, `open` or `decode`.
#[unsafe(no_mangle)]
pub extern "C" fn plane(channel: usize) -> *const f32 {
    stream().planes[channel].as_ptr()
}
