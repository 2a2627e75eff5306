/* suggest.c — the nearest known word by edits (Levenshtein 1966, with swaps of
 * neighbours, the most usual slip of fingers).
 *
 * Thread: any. Allocates nothing: words are cut at LONGEST bytes, no key is
 * that long.                                                                 */
#include "conf/suggest.h"

#include "base/defs.h"

#define LONGEST 40

void
suggest_init(struct suggest *s, struct slice word)
{
	*s = (struct suggest){ .word = word, .distance = SIZE_MAX };
}

static size_t
distance(struct slice a, struct slice b)
{
	size_t d[LONGEST + 1][LONGEST + 1];

	for (size_t i = 0; i <= a.n; i++)
		d[i][0] = i;
	for (size_t j = 0; j <= b.n; j++)
		d[0][j] = j;
	for (size_t i = 1; i <= a.n; i++) {
		for (size_t j = 1; j <= b.n; j++) {
			size_t same = a.p[i - 1] == b.p[j - 1] ? 0 : 1;
			size_t v = MIN(d[i - 1][j], d[i][j - 1]) + 1;

			v = MIN(v, d[i - 1][j - 1] + same);
			if (i > 1 && j > 1 && a.p[i - 1] == b.p[j - 2] &&
			    a.p[i - 2] == b.p[j - 1])
				v = MIN(v, d[i - 2][j - 2] + 1);
			d[i][j] = v;
		}
	}
	return d[a.n][b.n];
}

void
suggest_offer(struct suggest *s, const char *known)
{
	struct slice k = slice_str(known);
	size_t d;

	if (s->word.n > LONGEST || k.n > LONGEST)
		return;
	d = distance(s->word, k);
	/* More than every third letter wrong is another word. */
	if (d > MAX(s->word.n, k.n) / 3 + (k.n < 6 ? 1u : 0u) || d >= s->distance)
		return;
	s->best = known;
	s->distance = d;
}
