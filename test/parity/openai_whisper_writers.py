"""What openai-whisper's own writers make of transcripts, as JSON on standard output. Run by `npm run parity:refresh`.

The transcripts are made up, from a seed: times at the edges of rounding, long pauses, words of every length.
"""

import io
import random

from nano import versions, write
from whisper.utils import WriteSRT, WriteTSV, WriteTXT, WriteVTT

LAYOUTS = [
    {},
    {"max_line_width": 20},
    {"max_line_count": 2},
    {"max_words_per_line": 1},
    {"max_words_per_line": 3},
    {"max_line_width": 16, "max_words_per_line": 5},
    {"max_line_width": 24, "max_line_count": 2},
    {"max_line_width": 12, "max_line_count": 1},
    {"max_line_width": 1000, "max_line_count": 10},
    {"max_line_width": 30, "max_line_count": 3, "max_words_per_line": 2},
]
SPOKEN = " I want to pay four hundred dollars, please: Donaudampfschifffahrt für Ångström -- \"naïve\" 日本語 🎉🎉 a-> b.".split(" ")[1:]

EDGES = [
    (0.0, 0.0005, " Halves go to the even one"),
    (0.0015, 0.0025, "without a space in front"),
    (59.9994, 59.9995, "  spaces around  "),
    (3599.9996, 3600.0, " The first hour ends --> here"),
    (3661.001, 359999.9994, " and\tthe\t\thundredth nearly"),
    (360000.0, 400000.4321, " more than two digits of hours"),
]


def transcript(seed):
    """Segments of timed words."""
    chosen = random.Random(seed)
    at = chosen.choice([0.0, 3590.0])
    segments = []
    for _ in range(chosen.randint(1, 5)):
        words = []
        for _ in range(chosen.randint(1, 14)):
            at += chosen.choice([0.0, 0.02, 0.34, 2.75, 3.1])
            start, at = at, at + chosen.choice([0.02, 0.2, 0.5005])
            words.append({"word": " " + chosen.choice(SPOKEN), "start": start, "end": at})
        text = "".join(word["word"] for word in words)
        segments.append({"start": words[0]["start"], "end": words[-1]["end"], "text": text, "words": words})
    return segments


def written(writer, segments, **layout):
    file = io.StringIO()
    writer(".").write_result({"segments": segments}, file=file, **layout)
    return file.getvalue()


def fixture():
    transcripts = [[{"start": start, "end": end, "text": text} for start, end, text in EDGES], []]
    timed = [transcript(seed) for seed in range(8)]
    transcripts += [[{key: each[key] for key in ("start", "end", "text")} for each in segments] for segments in timed[:3]]
    return {
        "versions": versions("openai-whisper"),
        "segments": [
            {
                "segments": segments,
                "txt": written(WriteTXT, segments),
                "tsv": written(WriteTSV, segments),
                "srt": written(WriteSRT, segments),
                "vtt": written(WriteVTT, segments),
            }
            for segments in transcripts
        ],
        "words": [
            {
                "segments": segments,
                "layouts": [
                    {
                        "maxLineWidth": layout.get("max_line_width"),
                        "maxLineCount": layout.get("max_line_count"),
                        "maxWordsPerLine": layout.get("max_words_per_line"),
                        "srt": written(WriteSRT, segments, **layout),
                        "vtt": written(WriteVTT, segments, **layout),
                    }
                    for layout in LAYOUTS
                ],
            }
            for segments in timed
        ],
    }


if __name__ == "__main__":
    write(fixture())
