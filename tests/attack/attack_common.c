/* attack_common.c — what attackers of both sides have and do.
 *
 * Thread: the only one.                                                      */
#include <stdlib.h>
#include <string.h>

#include "attack.h"
#include "base/assert.h"
#include "base/clock.h"
#include "parse/cert_walk.h"
#include "tls/file.h"

static struct blob
copy(const struct blob *b)
{
	struct blob out = { malloc(b->n + 1), b->n };

	ax_assert(out.p != NULL && b->n > 0);
	memcpy(out.p, b->p, b->n);
	return out;
}

void
attack_show_leaf(struct attack *a)
{
	a->raw.chain[0] = copy(&a->have->leaf);
	a->raw.key = a->have->key;
}

/* A leaf of the right kind for our side, for the key in raw. */
static void
sign_leaf(struct attack *a, struct slice issuer, const struct forge_key *signer)
{
	uint8_t ext_mem[512], name_mem[128];
	int64_t now = (int64_t)(clock_wall_ms() / 1000);
	struct der_out ext, name;

	der_out_init(&ext, ext_mem, sizeof(ext_mem));
	if (a->raw.server)
		forge_leaf_extensions(
		    &ext, 1, DER_CONTEXT(2), "relay.example.com");
	else
		forge_leaf_extensions(
		    &ext, 2, DER_CONTEXT(6), "atlax://acme/nas");
	der_out_init(&name, name_mem, sizeof(name_mem));
	forge_name(&name, "acme");
	ax_assert(forge_cert(&(struct forge_cert){
		      .subject = der_out_slice(&name), .issuer = issuer,
		      .serial = slice_str("attack"), .from = now - 3600,
		      .to = now + 86400,
		      .public_key = SLICE_OF_ARRAY(a->raw.key.public_key),
		      .extensions = der_out_slice(&ext) }, signer,
		      &a->raw.chain[0]) == 0);
}

void
attack_show_clone(struct attack *a, bool as_leaf)
{
	struct slice ca = blob_slice(&a->have->ca);
	struct forge_key key;
	struct cert c;

	ax_assert(forge_key_new(&key) == 0);
	ax_assert(cert_walk(ca, &c, NULL) == 0);
	if (as_leaf)
		a->raw.key = key;
	else
		sign_leaf(a, c.subject, &key);
	ax_assert(forge_clone(ca, SLICE_OF_ARRAY(key.public_key),
		      &a->raw.chain[as_leaf ? 0 : 1]) == 0);
}

void
attack_show_other_ca(struct attack *a, bool in_its_name)
{
	uint8_t mem[128];
	struct der_out name;
	struct forge_key key;
	struct cert c;

	ax_assert(forge_key_new(&key) == 0);
	der_out_init(&name, mem, sizeof(mem));
	forge_name(&name, "CA of nobody");
	if (in_its_name)
		ax_assert(cert_walk(blob_slice(&a->have->ca), &c, NULL) == 0);
	sign_leaf(a, in_its_name ? c.subject : der_out_slice(&name), &key);
}

/* --- after the handshake --------------------------------------------------- */

static void
many(struct attack *a, uint8_t type, const char *hex, int n)
{
	static uint8_t body[1024];
	size_t len = raw_unhex(hex, body);

	while (n-- > 0)
		raw_sealed(&a->raw, type, slice_of(body, len), 0);
}

static void
key_updates(struct attack *a)
{
	int i;

	for (i = 0; i < 200; i++) {
		many(a, RAW_HANDSHAKE, a->text, 1);
		raw_rekey(&a->raw.tx);
	}
}

/* arg of them, text in each: type of the content, then the content. */
static void
records(struct attack *a)
{
	uint8_t type[1];
	char first[3] = { a->text[0], a->text[1], '\0' };

	raw_unhex(first, type);
	many(a, type[0], a->text + 2, a->arg);
}

static void
in_the_clear(struct attack *a)
{
	uint8_t body[16];
	size_t n = raw_unhex(a->text, body);

	raw_clear(&a->raw, (uint8_t)a->arg, slice_of(body, n));
}

static void
noise(struct attack *a)
{
	raw_noise(&a->raw, (size_t)a->arg);
}

static void
padding(struct attack *a)
{
	raw_sealed(&a->raw, (uint8_t)a->arg, slice_str(a->text),
	    16384 - strlen(a->text));
}

static void
too_long(struct attack *a)
{
	static const uint8_t zeros[16385];

	raw_sealed(&a->raw, RAW_DATA, slice_of(zeros, sizeof(zeros)), 0);
}

static void
replay(struct attack *a)
{
	raw_sealed(&a->raw, RAW_DATA, slice_str("once"), 0);
	a->raw.tx.seq--;
	raw_sealed(&a->raw, RAW_DATA, slice_str("once"), 0);
}

static void
forged(struct attack *a)
{
	a->raw.tx.key[0] ^= 1;
	raw_sealed(&a->raw, RAW_DATA, slice_str("forged"), 0);
}

static void
tag_only(struct attack *a)
{
	raw_sealed_nothing(&a->raw);
}

static void
nothing(struct attack *a)
{
	(void)a;
}

#define LEAF ATTACK_LEAF
#define BROKEN ATTACK_BROKEN
#define OPEN ATTACK_OPEN

const struct attack_case after_cases[] = {
	{ "nothing", LEAF, OPEN, nothing, 0, NULL },
	{ "key-update-flood", LEAF, BROKEN, key_updates, 0, "1800000100" },
	{ "key-update-flood-asking", LEAF, BROKEN, key_updates, 0,
	    "1800000101" },
	{ "key-update-of-no-kind", LEAF, BROKEN, records, 1, "161800000102" },
	{ "empty-record-flood", LEAF, BROKEN, records, 200, "17" },
	{ "alert-flood", LEAF, BROKEN, records, 200, "15015a" },
	{ "ticket-flood", LEAF, BROKEN, records, 200,
	    "16 0400001500000e1000000000000008 6162636465666768 0000" },
	{ "record-without-type", LEAF, BROKEN, records, 1, "00" },
	{ "padding-only", LEAF, BROKEN, padding, 0, "" },
	{ "as-much-padding-as-allowed", LEAF, OPEN, padding, RAW_DATA, "x" },
	{ "too-long-inside", LEAF, BROKEN, too_long, 0, NULL },
	{ "forged-record", LEAF, BROKEN, forged, 0, NULL },
	{ "replayed-record", LEAF, BROKEN, replay, 0, NULL },
	{ "hello-again", LEAF, BROKEN, records, 1, "160100000403030000" },
	{ "certificate-again", LEAF, BROKEN, records, 1, "160b00000400000000" },
	{ "finished-again", LEAF, BROKEN, records, 1,
	    "1614000020 0000000000000000000000000000000000000000000000000000"
	    "000000000000" },
	{ "huge-message", LEAF, BROKEN, records, 100, "160bffffff00000000" },
	{ "sealed-ccs", LEAF, BROKEN, records, 1, "1401" },
	{ "sealed-unknown-type", LEAF, BROKEN, records, 1, "6301" },
	{ "clear-handshake", LEAF, BROKEN, in_the_clear, 22, "1800000100" },
	{ "clear-ccs", LEAF, BROKEN, in_the_clear, 20, "01" },
	{ "clear-unknown-type", LEAF, BROKEN, in_the_clear, 99, "01" },
	{ "clear-heartbeat", LEAF, BROKEN, in_the_clear, 24, "014000" },
	{ "tag-only", LEAF, BROKEN, tag_only, 0, NULL },
	{ "record-0", LEAF, BROKEN, noise, 0, NULL },
	{ "record-1", LEAF, BROKEN, noise, 1, NULL },
	{ "record-15", LEAF, BROKEN, noise, 15, NULL },
	{ "record-16", LEAF, BROKEN, noise, 16, NULL },
	{ "record-17", LEAF, BROKEN, noise, 17, NULL },
	{ "record-16640", LEAF, BROKEN, noise, 16640, NULL },
	{ "record-16641", LEAF, BROKEN, noise, 16641, NULL },
	{ "record-65535", LEAF, BROKEN, noise, 65535, NULL },
};
const size_t after_case_count = ARRAY_LEN(after_cases);
