//! Opus, by libopus 1.3.1 (translated to Rust), at 16 kHz: it is the rate that is wanted, and libopus leaves away what lies
//! above its band before it synthesises anything, which costs less than to take it away afterwards.

use crate::Decoder;
use unsafe_libopus::{
    OpusMSDecoder, opus_multistream_decode_float, opus_multistream_decoder_create,
};

const SAMPLE_RATE: u32 = 16_000;

/// 120 ms, the longest that one packet may hold (RFC 6716, 3.2.5).
const MAX_FRAMES: usize = 1_920;

/// Fields of the identification header (RFC 7845, 5.1).
const CHANNELS_AT: usize = 9;
const GAIN_AT: usize = 16;
const FAMILY_AT: usize = 18;
const STREAMS_AT: usize = 19;
const HEADER_BYTES: usize = 19;

struct Opus {
    /// Freed with the instance's memory.
    decoder: *mut OpusMSDecoder,
    channels: usize,
    gain: f32,
    interleaved: Vec<f32>,
}

pub fn open(header: &[u8]) -> Option<Box<dyn Decoder>> {
    if header.len() < HEADER_BYTES {
        return None;
    }
    let channels = usize::from(header[CHANNELS_AT]);
    let (streams, coupled, mapping) = if header[FAMILY_AT] == 0 {
        (1, usize::from(channels == 2), vec![0, 1])
    } else {
        let mapping = header.get(STREAMS_AT + 2..STREAMS_AT + 2 + channels)?;
        (header[STREAMS_AT], usize::from(header[STREAMS_AT + 1]), mapping.to_vec())
    };
    if channels == 0 || (header[FAMILY_AT] == 0 && channels > 2) {
        return None;
    }
    let mut error = 0;
    let decoder = unsafe {
        opus_multistream_decoder_create(
            SAMPLE_RATE as i32,
            channels as i32,
            i32::from(streams),
            coupled as i32,
            mapping.as_ptr(),
            &mut error,
        )
    };
    if error != 0 || decoder.is_null() {
        return None;
    }
    // Q7.8 in dB; "it is STRONGLY RECOMMENDED that output gain be applied".
    let gain_db = f32::from(i16::from_le_bytes([header[GAIN_AT], header[GAIN_AT + 1]])) / 256.0;
    let gain = 10f32.powf(gain_db / 20.0);
    Some(Box::new(Opus { decoder, channels, gain, interleaved: vec![0.0; channels * MAX_FRAMES] }))
}

impl Decoder for Opus {
    fn decode(&mut self, packet: &[u8], planes: &mut Vec<Vec<f32>>) -> bool {
        if packet.is_empty() {
            return false; // libopus would invent what was lost
        }
        let frames = unsafe {
            opus_multistream_decode_float(
                self.decoder,
                packet.as_ptr(),
                packet.len() as i32,
                self.interleaved.as_mut_ptr(),
                MAX_FRAMES as i32,
                0,
            )
        };
        if frames < 0 {
            return false;
        }
        planes.resize(self.channels, Vec::new());
        for (channel, plane) in planes.iter_mut().enumerate() {
            plane.clear();
            let samples = self.interleaved[channel..].iter().step_by(self.channels);
            plane.extend(samples.take(frames as usize).map(|sample| sample * self.gain));
        }
        true
    }

    fn sample_rate(&self) -> u32 {
        SAMPLE_RATE
    }
}
