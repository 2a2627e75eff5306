/* test_resume.c — keys of sessions: the numbers of doc/PROTOCOL, and what two
 * real connections make of each other's claims.                              */
#include <string.h>

#include "tls/conn.h"
#include "tls/resume.h"

#include "../check_main.h"
#include "../proto/vectors.h"
#include "yard.h"

static struct vector vec;

/* The bytes of a vector of tests/vectors/resume.txt. */
static const uint8_t *
value(const char *name)
{
	FILE *f = vectors_open("tests/vectors", "resume.txt");

	while (vectors_next(f, &vec) && strcmp(vec.name, name) != 0)
		;
	fclose(f);
	ck_assert_str_eq(vec.name, name);
	return vec.bytes;
}

static void
check_value(const uint8_t *got, const char *name)
{
	ck_assert_mem_eq(got, value(name), 32);
}

/* Of a connection, as much as the keys need. */
static struct tls_conn
conn_of(const char *origin, const char *binder)
{
	struct tls_conn c = { .established = true };

	if (origin != NULL)
		memcpy(c.origin, value(origin), sizeof(c.origin));
	if (binder != NULL)
		memcpy(c.binder, value(binder), sizeof(c.binder));
	return c;
}

START_TEST(resume_makes_the_numbers_of_the_document)
{
	struct tls_conn first = conn_of("origin", NULL);
	struct tls_conn second = conn_of(NULL, "binder");
	struct tls_conn third = conn_of(NULL, "binder-2");
	uint8_t session[RESUME_SESSION_LEN], mac[RESUME_MAC_LEN];
	struct resume_claim claim = { .by = TLS_AGENT, .session = session,
		.epoch = 1, .received = UINT64_C(0x1122334455) };
	struct resume_keys k;

	memcpy(session, value("session"), sizeof(session));
	ck_assert_int_eq(resume_keys_begin(&k, &first, session), 0);
	check_value(k.key[0], "key-0");
	ck_assert_int_eq(resume_mac(&k, 0, &second, &claim, mac), 0);
	check_value(mac, "mac-agent");
	ck_assert(resume_mac_matches(&k, 0, &second, &claim, mac));
	claim.by = TLS_RELAY;
	claim.received = 4096;
	ck_assert_int_eq(resume_mac(&k, 0, &second, &claim, mac), 0);
	check_value(mac, "mac-relay");
	ck_assert_int_eq(resume_keys_change(&k, 0, &second), 0);
	check_value(k.key[0], "key-1");
	check_value(k.key[1], "key-0");
	claim = (struct resume_claim){ .by = TLS_AGENT, .session = session,
		.epoch = 2, .received = UINT64_C(0x1122334466) };
	ck_assert_int_eq(resume_mac(&k, 0, &third, &claim, mac), 0);
	check_value(mac, "mac-agent-2");
	resume_keys_fini(&k);
}
END_TEST

START_TEST(resume_numbers_stand_in_the_document)
{
	FILE *f = vectors_open("doc", "PROTOCOL");
	char *doc = calloc(1, 1 << 20);
	struct vector v;
	size_t n = 0;
	int c;

	ck_assert_ptr_nonnull(doc);
	while ((c = getc(f)) != EOF && n < (1 << 20) - 1)
		if (c != ' ' && c != '\t' && c != '\n')
			doc[n++] = (char)c;
	fclose(f);
	f = vectors_open("tests/vectors", "resume.txt");
	for (n = 0; vectors_next(f, &v); n++) {
		ck_assert_msg(strstr(doc, v.hex) != NULL, "%s", v.name);
		ck_assert_msg(strstr(doc, v.name) != NULL, "%s", v.name);
	}
	ck_assert_uint_eq(n, 9);
	fclose(f);
	free(doc);
}
END_TEST

static const uint8_t name[RESUME_SESSION_LEN] = { 1, 2, 3 };

static void
shake(struct yard *y, struct yard_pair *p)
{
	yard_pair_init(y, p);
	yard_shake(p, SIZE_MAX);
	ck_assert_int_eq(p->result[TLS_RELAY], 0);
	ck_assert_int_eq(p->result[TLS_AGENT], 0);
}

static bool
believes(const struct resume_keys *relay, const struct resume_keys *agent,
    const struct yard_pair *told, const struct yard_pair *heard)
{
	struct resume_claim claim = { .by = TLS_AGENT, .session = name,
		.epoch = 1, .received = 77 };
	uint8_t mac[RESUME_MAC_LEN];

	ck_assert_int_eq(resume_mac(
	    agent, 0, told->conn[TLS_AGENT], &claim, mac), 0);
	return resume_mac_matches(
	    relay, 0, heard->conn[TLS_RELAY], &claim, mac);
}

START_TEST(resume_binds_a_claim_to_its_connection)
{
	struct resume_keys relay, agent;
	struct yard_pair first, second, third;
	struct yard y;

	yard_init(&y);
	yard_open(&y);
	shake(&y, &first);
	shake(&y, &second);
	shake(&y, &third);
	ck_assert_int_eq(
	    resume_keys_begin(&relay, first.conn[TLS_RELAY], name), 0);
	ck_assert_int_eq(
	    resume_keys_begin(&agent, first.conn[TLS_AGENT], name), 0);
	ck_assert(believes(&relay, &agent, &second, &second));
	ck_assert(!believes(&relay, &agent, &second, &third));
	ck_assert(!believes(&relay, &agent, &first, &second));
	/* The relay has changed keys; the agent did not hear of it. */
	ck_assert_int_eq(
	    resume_keys_change(&relay, 0, second.conn[TLS_RELAY]), 0);
	ck_assert(!believes(&relay, &agent, &third, &third));
	ck_assert_mem_eq(relay.key[1], agent.key[0], RESUME_KEY_LEN);
	/* Over again, from the older key. */
	ck_assert_int_eq(
	    resume_keys_change(&relay, 1, third.conn[TLS_RELAY]), 0);
	ck_assert_mem_eq(relay.key[1], agent.key[0], RESUME_KEY_LEN);
	ck_assert_int_eq(
	    resume_keys_change(&agent, 0, third.conn[TLS_AGENT]), 0);
	ck_assert_mem_eq(relay.key[0], agent.key[0], RESUME_KEY_LEN);
	resume_keys_forget_old(&relay);
	ck_assert_mem_ne(relay.key[1], agent.key[1], RESUME_KEY_LEN);
	yard_pair_fini(&first);
	yard_pair_fini(&second);
	yard_pair_fini(&third);
	yard_fini(&y);
}
END_TEST

START_TEST(resume_covers_every_field)
{
	struct tls_conn first = conn_of("origin", NULL);
	struct tls_conn second = conn_of(NULL, "binder");
	uint8_t other[RESUME_SESSION_LEN] = { 1, 2, 4 };
	struct resume_claim good = { .by = TLS_AGENT, .session = name,
		.epoch = 1, .received = 77 };
	uint8_t mac[RESUME_MAC_LEN];
	struct resume_claim bad[4] = { good, good, good, good };
	struct resume_keys k;

	ck_assert_int_eq(resume_keys_begin(&k, &first, name), 0);
	ck_assert_int_eq(resume_mac(&k, 0, &second, &good, mac), 0);
	bad[0].by = TLS_RELAY;
	bad[1].session = other;
	bad[2].epoch = UINT32_C(0x01000001);
	bad[3].received = UINT64_C(0x0100000000000000) + 77;
	for (size_t i = 0; i < ARRAY_LEN(bad); i++)
		ck_assert(!resume_mac_matches(&k, 0, &second, &bad[i], mac));
	for (size_t bit = 0; bit < 8 * sizeof(mac); bit++) {
		mac[bit / 8] ^= (uint8_t)(1 << bit % 8);
		ck_assert(!resume_mac_matches(&k, 0, &second, &good, mac));
		mac[bit / 8] ^= (uint8_t)(1 << bit % 8);
	}
	ck_assert(resume_mac_matches(&k, 0, &second, &good, mac));
}
END_TEST

START_TEST(resume_wipes_what_was_used)
{
	static const uint8_t zero[sizeof(struct resume_keys)];
	struct tls_conn c = conn_of("origin", "binder");
	struct resume_keys k;

	ck_assert_int_eq(resume_keys_begin(&k, &c, name), 0);
	ck_assert_mem_eq(c.origin, zero, sizeof(c.origin));
	ck_assert_mem_ne(c.binder, zero, sizeof(c.binder));
	ck_assert_int_eq(resume_keys_change(&k, 0, &c), 0);
	ck_assert_mem_eq(c.binder, zero, sizeof(c.binder));
	resume_keys_fini(&k);
	ck_assert_mem_eq(&k, zero, sizeof(k));
}
END_TEST

/* Each connection has secrets of its own, the same at both of its ends. */
START_TEST(resume_starts_from_secrets_of_one_connection)
{
	struct yard_pair p, q;
	struct yard y;

	yard_init(&y);
	yard_open(&y);
	shake(&y, &p);
	shake(&y, &q);
	ck_assert_mem_eq(p.conn[0]->origin, p.conn[1]->origin, 32);
	ck_assert_mem_eq(p.conn[0]->binder, p.conn[1]->binder, 32);
	ck_assert_mem_ne(p.conn[0]->origin, p.conn[0]->binder, 32);
	ck_assert_mem_ne(p.conn[0]->origin, q.conn[0]->origin, 32);
	ck_assert_mem_ne(p.conn[0]->binder, q.conn[0]->binder, 32);
	yard_pair_fini(&p);
	yard_pair_fini(&q);
	yard_fini(&y);
}
END_TEST

CHECK_MAIN("resume", resume_makes_the_numbers_of_the_document,
    resume_numbers_stand_in_the_document,
    resume_binds_a_claim_to_its_connection, resume_covers_every_field,
    resume_wipes_what_was_used, resume_starts_from_secrets_of_one_connection)
