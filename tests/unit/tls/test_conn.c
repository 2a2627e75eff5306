/* test_conn.c — two connections in one process, and a stranger now and then. */
#include <stdlib.h>
#include <sys/resource.h>

#include "base/clock.h"
#include "tls/conn.h"
#include "tls/ctx.h"
#include "tls/file.h"
#include "tls/wolf.h"

#include "../check_main.h"
#include "yard.h"

#define AES "TLS_AES_128_GCM_SHA256"
#define CHACHA "TLS_CHACHA20_POLY1305_SHA256"

static void
shake(struct yard *y, struct yard_pair *p)
{
	yard_pair_init(y, p);
	yard_shake(p, SIZE_MAX);
	ck_assert_msg(p->result[TLS_RELAY] == 0, "%s", p->err[TLS_RELAY].text);
	ck_assert_msg(p->result[TLS_AGENT] == 0, "%s", p->err[TLS_AGENT].text);
}

START_TEST(conn_shakes_hands_and_knows_the_peer)
{
	const struct tls_peer *agent;
	struct yard_pair p;
	struct yard y;
	int64_t from, until;

	yard_init(&y);
	yard_open(&y);
	shake(&y, &p);
	agent = tls_conn_peer(p.conn[TLS_RELAY]);
	ck_assert_str_eq(agent->id.tenant, "acme");
	ck_assert_str_eq(agent->id.agent, "nas");
	ck_assert_uint_eq(agent->id.serial_len, 2);
	tls_ctx_validity(y.ctx[TLS_AGENT], &from, &until);
	ck_assert_int_eq(agent->id.not_before, from);
	ck_assert_int_eq(agent->id.not_after, until);
	ck_assert_ptr_null(agent->id.spki.p);
	ck_assert_ptr_null(agent->id.issuer.p);
	ck_assert_str_eq(tls_conn_peer(p.conn[TLS_AGENT])->id.tenant, "");
	ck_assert_str_eq(tls_conn_cipher(p.conn[TLS_RELAY]),
	    accel_prefers_aes() ? AES : CHACHA);
	yard_pair_fini(&p);
	yard_fini(&y);
}
END_TEST

START_TEST(conn_identifies_the_key_by_its_hash)
{
	struct material *m;
	struct identity id;
	struct yard_pair p;
	uint8_t hash[32];
	struct yard y;

	yard_init(&y);
	yard_open(&y);
	shake(&y, &p);
	m = y.ctx[TLS_AGENT]->material;
	ck_assert_int_eq(identity_agent(blob_slice(&m->leaf), &id, NULL), 0);
	ck_assert_int_eq(
	    wc_Sha256Hash(id.spki.p, (word32)id.spki.n, hash), 0);
	ck_assert_mem_eq(
	    tls_conn_peer(p.conn[TLS_RELAY])->spki_sha256, hash, 32);
	yard_pair_fini(&p);
	yard_fini(&y);
}
END_TEST

START_TEST(conn_shakes_hands_over_any_fragmentation)
{
	static const size_t chunks[] = { 1, 2, 3, 4, 5, 6, 7, 16, 17, 100, 500,
		1000 };
	struct yard_pair p;
	struct yard y;
	size_t i;

	yard_init(&y);
	yard_open(&y);
	for (i = 0; i < ARRAY_LEN(chunks); i++) {
		yard_pair_init(&y, &p);
		yard_shake(&p, chunks[i]);
		ck_assert_msg(p.result[0] == 0 && p.result[1] == 0,
		    "%zu bytes at a time: %s %s", chunks[i], p.err[0].text,
		    p.err[1].text);
		yard_pair_fini(&p);
	}
	yard_fini(&y);
}
END_TEST

#define AES_SUITE "TLS13-AES128-GCM-SHA256"
#define CHACHA_SUITE "TLS13-CHACHA20-POLY1305-SHA256"

/* What the agent offers, in this order. */
static void
offer(struct yard *y, const char *list)
{
	ck_assert_int_eq(wolfSSL_CTX_set_cipher_list(
			     y->ctx[TLS_AGENT]->wolf, list), WOLFSSL_SUCCESS);
}

static void
use_cipher(struct yard *y, const char *name)
{
	offer(y, strcmp(name, AES) == 0 ? AES_SUITE : CHACHA_SUITE);
}

START_TEST(conn_uses_aes_only_if_both_sides_want_it)
{
	struct yard_pair p;
	struct yard y;

	yard_init(&y);
	yard_open(&y);
	offer(&y, CHACHA_SUITE ":" AES_SUITE);
	shake(&y, &p);
	ck_assert_str_eq(tls_conn_cipher(p.conn[TLS_RELAY]), CHACHA);
	yard_pair_fini(&p);
	offer(&y, AES_SUITE ":" CHACHA_SUITE);
	shake(&y, &p);
	ck_assert_str_eq(tls_conn_cipher(p.conn[TLS_RELAY]),
	    accel_prefers_aes() ? AES : CHACHA);
	yard_pair_fini(&p);
	yard_fini(&y);
}
END_TEST

/* Sends records of random sizes one way and compares what arrives. */
static void
transfer(struct yard_pair *p, enum tls_role from, struct rng *rng, size_t total)
{
	enum tls_role to = from == TLS_RELAY ? TLS_AGENT : TLS_RELAY;
	struct buf sent, got;
	uint8_t record[TLS_RECORD_MAX];
	size_t n, i;

	buf_init(&sent);
	buf_init(&got);
	while (buf_len(&sent) < total) {
		n = rng_below(rng, 4) == 0 ? TLS_RECORD_MAX :
					     1 + rng_below(rng, 3000);
		for (i = 0; i < n; i++)
			record[i] = (uint8_t)rng_u64(rng);
		ck_assert_int_eq(buf_append(&sent, record, n), 0);
		ck_assert_int_eq(tls_conn_write(p->conn[from], record, n,
				     &p->wire[from], NULL), 0);
		if (rng_below(rng, 8) == 0)
			ck_assert_int_eq(yard_read(p, to, &got), AX_E_AGAIN);
	}
	ck_assert_int_eq(yard_read(p, to, &got), AX_E_AGAIN);
	ck_assert(slice_eq(buf_slice(&sent), buf_slice(&got)));
	buf_fini(&sent);
	buf_fini(&got);
}

START_TEST(conn_carries_megabytes_both_ways_with_both_ciphers)
{
	static const char *const ciphers[] = { AES, CHACHA };
	struct yard_pair p;
	struct rng rng;
	struct yard y;
	size_t i;

	rng_seed(&rng, test_seed());
	yard_init(&y);
	yard_open(&y);
	for (i = 0; i < ARRAY_LEN(ciphers); i++) {
		use_cipher(&y, ciphers[i]);
		shake(&y, &p);
		ck_assert_str_eq(tls_conn_cipher(p.conn[0]), ciphers[i]);
		transfer(&p, TLS_RELAY, &rng, 2 << 20);
		transfer(&p, TLS_AGENT, &rng, 2 << 20);
		yard_pair_fini(&p);
	}
	yard_fini(&y);
}
END_TEST

START_TEST(conn_reads_records_cut_anywhere)
{
	uint8_t in[100] = "hello", out[TLS_READ_MIN];
	struct yard_pair p;
	struct yard y;
	size_t cut, n;

	yard_init(&y);
	yard_open(&y);
	shake(&y, &p);
	for (cut = 0; cut < 122; cut++) {
		struct buf *w = &p.wire[TLS_RELAY];
		struct tls_conn *c = p.conn[TLS_AGENT];

		ck_assert_int_eq(tls_conn_write(
				     p.conn[TLS_RELAY], in, 100, w, NULL), 0);
		tls_conn_feed(c, slice_of(buf_slice(w).p, cut));
		ck_assert_int_eq(tls_conn_read(c, out, sizeof(out), &n,
				     &p.wire[TLS_AGENT], 0, NULL), AX_E_AGAIN);
		tls_conn_feed(c, slice_skip(buf_slice(w), cut));
		ck_assert_int_eq(tls_conn_read(c, out, sizeof(out), &n,
				     &p.wire[TLS_AGENT], 0, NULL), 0);
		ck_assert_uint_eq(n, 100);
		ck_assert_mem_eq(in, out, 100);
		ck_assert_int_eq(tls_conn_read(c, out, sizeof(out), &n,
				     &p.wire[TLS_AGENT], 0, NULL), AX_E_AGAIN);
		buf_consume(w, buf_len(w));
	}
	yard_pair_fini(&p);
	yard_fini(&y);
}
END_TEST

START_TEST(conn_fills_the_buffer_with_whole_records)
{
	static uint8_t in[1000], out[TLS_READ_MIN + 2500];
	struct yard_pair p;
	struct yard y;
	size_t n;
	int i;

	yard_init(&y);
	yard_open(&y);
	shake(&y, &p);
	for (i = 0; i < 7; i++)
		ck_assert_int_eq(tls_conn_write(p.conn[TLS_RELAY], in, 1000,
				     &p.wire[TLS_RELAY], NULL), 0);
	tls_conn_feed(p.conn[TLS_AGENT], buf_slice(&p.wire[TLS_RELAY]));
	ck_assert_int_eq(tls_conn_read(p.conn[TLS_AGENT], out, sizeof(out), &n,
			     &p.wire[TLS_AGENT], 0, NULL), 0);
	ck_assert_uint_eq(n, 3000); /* another might not fit */
	ck_assert_int_eq(tls_conn_read(p.conn[TLS_AGENT], out, sizeof(out), &n,
			     &p.wire[TLS_AGENT], 0, NULL), 0);
	ck_assert_uint_eq(n, 3000);
	ck_assert_int_eq(tls_conn_read(p.conn[TLS_AGENT], out, sizeof(out), &n,
			     &p.wire[TLS_AGENT], 0, NULL), 0);
	ck_assert_uint_eq(n, 1000);
	ck_assert_int_eq(tls_conn_read(p.conn[TLS_AGENT], out, sizeof(out), &n,
			     &p.wire[TLS_AGENT], 0, NULL), AX_E_AGAIN);
	yard_pair_fini(&p);
	yard_fini(&y);
}
END_TEST

START_TEST(conn_delivers_data_before_it_tells_of_the_end)
{
	struct yard_pair p;
	struct buf got;
	struct yard y;

	yard_init(&y);
	yard_open(&y);
	shake(&y, &p);
	buf_init(&got);
	ck_assert_int_eq(tls_conn_write(p.conn[TLS_AGENT],
			     (const uint8_t *)"bye", 3, &p.wire[TLS_AGENT],
			     NULL), 0);
	tls_conn_close(p.conn[TLS_AGENT], &p.wire[TLS_AGENT]);
	tls_conn_close(p.conn[TLS_AGENT], &p.wire[TLS_AGENT]); /* once only */
	ck_assert_uint_eq(buf_len(&p.wire[TLS_AGENT]), 3 + 22 + 24);
	ck_assert_int_eq(yard_read(&p, TLS_RELAY, &got), AX_E_CLOSED);
	ck_assert(slice_eq(buf_slice(&got), slice_str("bye")));
	ck_assert_int_eq(yard_read(&p, TLS_RELAY, &got), AX_E_CLOSED);
	buf_fini(&got);
	yard_pair_fini(&p);
	yard_fini(&y);
}
END_TEST

START_TEST(conn_delivers_data_before_it_tells_of_damage)
{
	struct yard_pair p;
	struct buf got, *w;
	struct yard y;

	yard_init(&y);
	yard_open(&y);
	shake(&y, &p);
	buf_init(&got);
	w = &p.wire[TLS_AGENT];
	ck_assert_int_eq(tls_conn_write(p.conn[TLS_AGENT],
			     (const uint8_t *)"good", 4, w, NULL), 0);
	ck_assert_int_eq(tls_conn_write(p.conn[TLS_AGENT],
			     (const uint8_t *)"evil", 4, w, NULL), 0);
	w->mem[w->tail - 1] ^= 1;
	ck_assert_int_eq(yard_read(&p, TLS_RELAY, &got), AX_E_TLS);
	ck_assert(slice_eq(buf_slice(&got), slice_str("good")));
	ck_assert_int_eq(yard_read(&p, TLS_RELAY, &got), AX_E_TLS);
	ck_assert_int_eq(tls_conn_write(p.conn[TLS_RELAY],
			     (const uint8_t *)"x", 1, &p.wire[TLS_RELAY], NULL),
	    AX_E_TLS);
	buf_fini(&got);
	yard_pair_fini(&p);
	yard_fini(&y);
}
END_TEST

/* Any single bit wrong on the wire ends the handshake on one side or both; none
 * may end in two peers that believe different things.                        */
START_TEST(conn_notices_any_flipped_bit_of_the_handshake)
{
	struct yard_pair p;
	struct rng rng;
	struct yard y;
	int i, ok = 0;

	rng_seed(&rng, test_seed());
	yard_init(&y);
	yard_open(&y);
	for (i = 0; i < 300; i++) {
		struct buf *w;
		enum tls_role victim = i % 2 == 0 ? TLS_RELAY : TLS_AGENT;

		yard_pair_init(&y, &p);
		(void)!tls_conn_handshake(p.conn[TLS_AGENT],
		    &p.wire[TLS_AGENT], 0, &p.err[TLS_AGENT]);
		if (victim == TLS_AGENT) {
			tls_conn_feed(p.conn[TLS_RELAY],
			    buf_slice(&p.wire[TLS_AGENT]));
			ck_assert_int_eq(
			    tls_conn_handshake(p.conn[TLS_RELAY],
				&p.wire[TLS_RELAY], 0, NULL), AX_E_AGAIN);
			buf_consume(&p.wire[TLS_AGENT],
			    buf_len(&p.wire[TLS_AGENT]));
		}
		w = &p.wire[victim == TLS_AGENT ? TLS_RELAY : TLS_AGENT];
		/* But the version of the first record, which says nothing and
		 * which nothing protects.                                    */
		w->mem[w->head + 3 + rng_below(&rng, buf_len(w) - 3)] ^=
		    (uint8_t)(1u << rng_below(&rng, 8));
		yard_shake(&p, SIZE_MAX);
		ok += p.result[TLS_RELAY] == 0 || p.result[TLS_AGENT] == 0;
		yard_pair_fini(&p);
	}
	ck_assert_int_eq(ok, 0);
	yard_fini(&y);
}
END_TEST

static bool
hello_has(struct yard *y, const char *host, const char *text)
{
	struct tls_conn *c = NULL;
	struct buf out;
	bool found;

	buf_init(&out);
	ck_assert_int_eq(tls_conn_new(y->ctx[TLS_AGENT], host, &c), 0);
	ck_assert_int_eq(tls_conn_handshake(c, &out, 0, NULL), AX_E_AGAIN);
	found = memmem(buf_slice(&out).p, buf_len(&out), text, strlen(text)) !=
	    NULL;
	tls_conn_free(&c);
	buf_fini(&out);
	return found;
}

START_TEST(conn_names_a_dns_host_and_no_address)
{
	struct yard y;

	yard_init(&y);
	yard_open(&y);
	ck_assert(hello_has(&y, YARD_HOST, YARD_HOST));
	ck_assert(!hello_has(&y, "192.0.2.1", "192.0.2.1"));
	ck_assert(!hello_has(&y, "2001:db8::1", "2001:db8::1"));
	yard_fini(&y);
}
END_TEST

START_TEST(conn_gives_no_answer_to_what_is_not_tls)
{
	static const char get[] = "GET / HTTP/1.1\r\n\r\n";
	struct err e = { 0 };
	struct tls_conn *c;
	struct buf out;
	struct yard y;

	yard_init(&y);
	yard_open(&y);
	buf_init(&out);
	ck_assert_int_eq(tls_conn_new(y.ctx[TLS_RELAY], NULL, &c), 0);
	tls_conn_feed(c, slice_str(get));
	ck_assert_int_eq(tls_conn_handshake(c, &out, 0, &e), AX_E_PEER);
	ck_assert_uint_eq(buf_len(&out), 0);
	ck_assert_int_eq(tls_conn_handshake(c, &out, 0, &e), AX_E_PEER);
	ck_assert_ptr_nonnull(strstr(e.text, "not a TLS handshake"));
	tls_conn_free(&c);
	buf_fini(&out);
	yard_fini(&y);
}
END_TEST

START_TEST(conn_gives_an_alert_to_a_hello_that_it_refuses)
{
	static const uint8_t hello[] = { 22, 3, 1, 0x10, 0 };
	static const uint8_t alert[] = { 21, 3, 3, 0, 2, 2, 40 };
	struct tls_conn *c;
	struct buf out;
	struct yard y;

	yard_init(&y);
	yard_open(&y);
	buf_init(&out);
	ck_assert_int_eq(tls_conn_new(y.ctx[TLS_RELAY], NULL, &c), 0);
	tls_conn_feed(c, slice_of(hello, sizeof(hello)));
	ck_assert_int_eq(tls_conn_handshake(c, &out, 0, NULL), AX_E_PEER);
	ck_assert(slice_eq(buf_slice(&out), slice_of(alert, sizeof(alert))));
	tls_conn_free(&c);
	buf_fini(&out);
	yard_fini(&y);
}
END_TEST

/* A stranger with a good certificate, connected to our relay. */
static struct tls_conn *
befriend(struct yard *y, struct stranger *s)
{
	struct yard_leaf l = { .role = TLS_AGENT };
	struct credentials cred;
	struct tls_conn *c;

	yard_leaf(y, &l, &cred);
	ck_assert_int_eq(stranger_init(s, TLS_RELAY, &cred), 0);
	ck_assert_int_eq(tls_conn_new(y->ctx[TLS_RELAY], NULL, &c), 0);
	ck_assert_int_eq(stranger_meet(s, c, NULL), 0);
	credentials_fini(&cred);
	return c;
}

/* The library on the other side is the second opinion on our records. */
START_TEST(conn_talks_with_the_librarys_own_records)
{
	uint8_t out[TLS_READ_MIN];
	struct stranger s;
	struct tls_conn *c;
	struct yard y;
	char text[8];
	size_t n;

	yard_init(&y);
	yard_open(&y);
	c = befriend(&y, &s);
	ck_assert_int_eq(wolfSSL_write(s.ssl, "ping", 4), 4);
	tls_conn_feed(c, buf_slice(&s.out));
	ck_assert_int_eq(
	    tls_conn_read(c, out, sizeof(out), &n, &s.in, 1, NULL), 0);
	ck_assert_uint_eq(n, 4);
	ck_assert_int_eq(
	    tls_conn_write(c, (const uint8_t *)"pong", 4, &s.in, NULL), 0);
	ck_assert_int_eq(wolfSSL_read(s.ssl, text, sizeof(text)), 4);
	ck_assert_mem_eq(text, "pong", 4);
	tls_conn_close(c, &s.in);
	ck_assert_int_eq(wolfSSL_read(s.ssl, text, sizeof(text)), 0);
	ck_assert_int_eq(wolfSSL_get_error(s.ssl, 0), WOLFSSL_ERROR_ZERO_RETURN);
	tls_conn_free(&c);
	stranger_fini(&s);
	yard_fini(&y);
}
END_TEST

START_TEST(conn_refuses_a_change_of_keys_that_is_not_due)
{
	uint8_t out[TLS_READ_MIN];
	struct err e = { 0 };
	struct stranger s;
	struct tls_conn *c;
	struct yard y;
	size_t n;

	yard_init(&y);
	yard_open(&y);
	c = befriend(&y, &s);
	ck_assert_int_eq(wolfSSL_update_keys(s.ssl), WOLFSSL_SUCCESS);
	tls_conn_feed(c, buf_slice(&s.out));
	ck_assert_int_eq(
	    tls_conn_read(c, out, sizeof(out), &n, &s.in, 1, &e), AX_E_PEER);
	ck_assert_ptr_nonnull(strstr(e.text, "change keys"));
	ck_assert_uint_gt(buf_len(&s.in), 0); /* the alert */
	tls_conn_free(&c);
	stranger_fini(&s);
	yard_fini(&y);
}
END_TEST

START_TEST(conn_changes_keys_when_they_are_used_up)
{
	struct yard_pair p;
	struct rng rng;
	struct yard y;

	rng_seed(&rng, test_seed());
	yard_init(&y);
	yard_open(&y);
	use_cipher(&y, AES);
	shake(&y, &p);
	p.conn[TLS_RELAY]->seal.seq = RECORD_PER_KEY - 3;
	p.conn[TLS_AGENT]->open.seq = RECORD_PER_KEY - 3;
	transfer(&p, TLS_RELAY, &rng, 200000);
	ck_assert_uint_lt(p.conn[TLS_RELAY]->seal.seq, 200000);
	ck_assert_uint_eq(p.conn[TLS_RELAY]->seal.seq, p.conn[TLS_AGENT]->open.seq);
	transfer(&p, TLS_AGENT, &rng, 200000); /* the other way is as it was */
	yard_pair_fini(&p);
	yard_fini(&y);
}
END_TEST

START_TEST(conn_goes_on_with_another_context)
{
	struct rng rng = { { 1, 2, 3, 4 } };
	struct tls_ctx *other;
	struct yard_pair p;
	struct yard y;

	yard_init(&y);
	yard_open(&y);
	shake(&y, &p);
	transfer(&p, TLS_AGENT, &rng, 100000);
	ck_assert_int_eq(tls_ctx_clone(y.ctx[TLS_RELAY], &other, NULL), 0);
	tls_conn_leave(p.conn[TLS_RELAY]);
	tls_ctx_free(&y.ctx[TLS_RELAY]);
	ck_assert_str_eq(tls_conn_peer(p.conn[TLS_RELAY])->id.tenant, "acme");
	tls_conn_enter(p.conn[TLS_RELAY], other);
	tls_ctx_free(&other);
	transfer(&p, TLS_AGENT, &rng, 100000);
	p.conn[TLS_RELAY]->seal.seq = p.conn[TLS_AGENT]->open.seq = RECORD_PER_KEY;
	transfer(&p, TLS_RELAY, &rng, 100000);
	yard_pair_fini(&p);
	yard_fini(&y);
}
END_TEST

START_TEST(conn_without_a_descriptor_left_fails_alone)
{
	struct rlimit old, none;
	struct yard_pair p, q;
	struct yard y;

	yard_init(&y);
	yard_open(&y);
	shake(&y, &p);
	ck_assert_int_eq(getrlimit(RLIMIT_NOFILE, &old), 0);
	none = old;
	none.rlim_cur = 0;
	ck_assert_int_eq(setrlimit(RLIMIT_NOFILE, &none), 0);
	yard_pair_init(&y, &q);
	yard_shake(&q, SIZE_MAX);
	ck_assert_int_eq(setrlimit(RLIMIT_NOFILE, &old), 0);
#if defined(WOLFSSL_GETRANDOM) || defined(CUSTOM_RAND_GENERATE_BLOCK) /* needs none */
	ck_assert_int_eq(q.result[TLS_AGENT], 0);
#else
	ck_assert_int_eq(q.result[TLS_AGENT], AX_E_NOMEM);
	ck_assert_ptr_nonnull(strstr(q.err[TLS_AGENT].text, "descriptor"));
#endif
	yard_pair_fini(&q);
	transfer(&p, TLS_AGENT, &(struct rng){ { 1, 2, 3, 4 } }, 20000);
	yard_pair_fini(&p);
	shake(&y, &p);
	yard_pair_fini(&p);
	yard_fini(&y);
}
END_TEST

CHECK_MAIN("conn", conn_shakes_hands_and_knows_the_peer,
    conn_identifies_the_key_by_its_hash,
    conn_shakes_hands_over_any_fragmentation,
    conn_uses_aes_only_if_both_sides_want_it,
    conn_carries_megabytes_both_ways_with_both_ciphers,
    conn_reads_records_cut_anywhere, conn_fills_the_buffer_with_whole_records,
    conn_delivers_data_before_it_tells_of_the_end,
    conn_delivers_data_before_it_tells_of_damage,
    conn_notices_any_flipped_bit_of_the_handshake,
    conn_names_a_dns_host_and_no_address,
    conn_gives_no_answer_to_what_is_not_tls,
    conn_gives_an_alert_to_a_hello_that_it_refuses,
    conn_talks_with_the_librarys_own_records,
    conn_refuses_a_change_of_keys_that_is_not_due,
    conn_changes_keys_when_they_are_used_up, conn_goes_on_with_another_context,
    conn_without_a_descriptor_left_fails_alone)
