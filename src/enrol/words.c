/* words.c — hashes as something that can be read out on the telephone.
 *
 * Thread: any. Pure but for the library's hash.                              */
#include "enrol/words.h"

#include "base/assert.h"
#include "tls/wolf.h"

void
spki_hash(const struct pubkey *key, uint8_t out[SPKI_HASH_LEN])
{
	uint8_t mem[128];
	struct der_out o;
	struct slice spki;
	int r;

	der_out_init(&o, mem, sizeof(mem));
	pubkey_write(&o, key);
	spki = der_out_slice(&o);
	ax_assert(spki.n > 0);
	r = wc_Sha256Hash(spki.p, (word32)spki.n, out);
	ax_assert(r == 0);
}

static char *
word(unsigned bits, char *p)
{
	static const char consonants[] = "bdfghjklmnprstvz", vowels[] = "aiou";

	*p++ = consonants[bits >> 12 & 15];
	*p++ = vowels[bits >> 10 & 3];
	*p++ = consonants[bits >> 6 & 15];
	*p++ = vowels[bits >> 4 & 3];
	*p++ = consonants[bits & 15];
	return p;
}

/* Those of a text's hash. */
static void
four_words(const uint8_t *text, size_t n, char out[WORDS_TEXT])
{
	uint8_t hash[WC_SHA256_DIGEST_SIZE];
	int r = wc_Sha256Hash(text, (word32)n, hash);

	ax_assert(r == 0);
	for (size_t i = 0; i < 8; i += 2) {
		if (i > 0)
			*out++ = ' ';
		out = word((unsigned)hash[i] << 8 | hash[i + 1], out);
	}
	*out = '\0';
}

void
words_of(struct slice binding, const uint8_t spki[SPKI_HASH_LEN],
    char out[WORDS_TEXT])
{
	static const char label[] = "atlax-enrol-words";
	uint8_t text[sizeof(label) - 1 + TLS_BINDING_LEN + SPKI_HASH_LEN], *p = text;

	ax_assert(binding.n == TLS_BINDING_LEN);
	memcpy(p, label, sizeof(label) - 1);
	p += sizeof(label) - 1;
	memcpy(p, binding.p, TLS_BINDING_LEN);
	memcpy(p + TLS_BINDING_LEN, spki, SPKI_HASH_LEN);
	four_words(text, sizeof(text), out);
}

void
words_of_key(const uint8_t spki[SPKI_HASH_LEN], char out[WORDS_TEXT])
{
	static const char label[] = "atlax-enrol-key";
	uint8_t text[sizeof(label) - 1 + SPKI_HASH_LEN];

	memcpy(text, label, sizeof(label) - 1);
	memcpy(text + sizeof(label) - 1, spki, SPKI_HASH_LEN);
	four_words(text, sizeof(text), out);
}
