//! AAC-LC, FLAC, MPEG audio and Vorbis, by Symphonia.

use crate::{Codec, Decoder};
use symphonia_bundle_flac::FlacDecoder;
use symphonia_bundle_mp3::MpaDecoder;
use symphonia_codec_aac::AacDecoder;
use symphonia_codec_vorbis::VorbisDecoder;
use symphonia_core::codecs::audio::well_known::{
    CODEC_ID_AAC, CODEC_ID_FLAC, CODEC_ID_MP1, CODEC_ID_MP2, CODEC_ID_MP3, CODEC_ID_VORBIS,
};
use symphonia_core::codecs::audio::{AudioCodecParameters, AudioDecoder, AudioDecoderOptions};
use symphonia_core::packet::PacketRef;
use symphonia_core::units::{Duration, Timestamp};

struct Symphonia<D> {
    decoder: D,
    sample_rate: u32,
}

pub fn open(codec: Codec, configuration: &[u8]) -> Option<Box<dyn Decoder>> {
    let id = match codec {
        Codec::Aac => CODEC_ID_AAC,
        Codec::Flac => CODEC_ID_FLAC,
        Codec::Mp3 => CODEC_ID_MP3,
        Codec::Mp2 => CODEC_ID_MP2,
        Codec::Mp1 => CODEC_ID_MP1,
        Codec::Vorbis => CODEC_ID_VORBIS,
        Codec::Opus => return None,
    };
    let mut parameters = AudioCodecParameters::new();
    parameters.for_codec(id).with_extra_data(configuration.into());
    let options = AudioDecoderOptions::default();
    match codec {
        Codec::Aac => boxed(AacDecoder::try_new(&parameters, &options)),
        Codec::Flac => boxed(FlacDecoder::try_new(&parameters, &options)),
        Codec::Vorbis => boxed(VorbisDecoder::try_new(&parameters, &options)),
        _ => boxed(MpaDecoder::try_new(&parameters, &options)),
    }
}

fn boxed<D: AudioDecoder + 'static>(
    opened: symphonia_core::errors::Result<D>,
) -> Option<Box<dyn Decoder>> {
    Some(Box::new(Symphonia { decoder: opened.ok()?, sample_rate: 0 }))
}

impl<D: AudioDecoder> Decoder for Symphonia<D> {
    fn decode(&mut self, packet: &[u8], planes: &mut Vec<Vec<f32>>) -> bool {
        // Neither timestamp nor duration matters to the decoders.
        let packet = PacketRef::new(0, Timestamp::new(0), Duration::new(0), packet);
        match self.decoder.decode_ref(&packet) {
            Ok(audio) => {
                self.sample_rate = audio.spec().rate();
                audio.copy_to_vecs_planar::<f32>(planes);
                true
            }
            Err(_) => false,
        }
    }

    fn sample_rate(&self) -> u32 {
        self.sample_rate
    }
}
