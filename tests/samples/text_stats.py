"""Count what a text is made of."""

import re
import statistics
from collections import Counter
from typing import Optional

WORD = re.compile(r"[^\W\d_]+(?:'[^\W\d_]+)?")
STOP_WORDS = {"the", "a", "an", "and", "or", "of", "to", "in", "is", "it"}


def sentences(text: str) -> list:
    return [part.strip() for part in re.split(r"[.!?]+", text) if part.strip()]


def longest(words: list) -> Optional[str]:
    return max(words, key=lambda word: (len(word), word)) if words else None


def main(text: str, top: int = 5, ignore_case: bool = True, skip_stop_words: bool = False, min_length: Optional[int] = None):
    """Count words, sentences and letters.

    Args:
        text: The text to look at.
        top: How many of the most frequent words to return.
        ignore_case: Count "The" and "the" as one word.
        skip_stop_words (bool): Leave out common little words.
        min_length: Only words with at least this many letters;
            all words when left out.

    Returns:
        dict: counts, averages and the most frequent words
    """
    words = WORD.findall(text)
    if ignore_case:
        words = [word.lower() for word in words]
    if skip_stop_words:
        words = [word for word in words if word.lower() not in STOP_WORDS]
    if min_length is not None:
        words = [word for word in words if len(word) >= min_length]
    parts = sentences(text)
    lengths = [len(WORD.findall(part)) for part in parts]
    print(f"{len(words)} words in {len(parts)} sentences")
    return {
        "characters": len(text),
        "words": len(words),
        "distinct": len(set(words)),
        "sentences": len(parts),
        "words_per_sentence": round(statistics.mean(lengths), 2) if lengths else 0,
        "longest": longest(words),
        "top": [{"word": word, "count": count} for word, count in Counter(words).most_common(top)],
    }


if __name__ == "__main__":
    import sys

    print(main(sys.stdin.read()))
