/* made_ca.h — a CA made for a test, and its files looked at from outside.
 * Thread: the only one.                                                      */
#ifndef ATLAX_TESTS_UNIT_PKI_MADE_CA_H
#define ATLAX_TESTS_UNIT_PKI_MADE_CA_H

#include "parse/cert_walk.h"
#include "parse/crl.h"
#include "pki/ca.h"
#include "pki/pem.h"
#include "tmpdir.h"

#define NOW INT64_C(1790000000)

struct made_ca {
	struct tmpdir tmp;
	char path[128];
};

static inline void
made_ca_init(struct made_ca *m, enum identity_key key)
{
	struct relay_names names = {0};
	struct err e = {0};

	tmpdir_make(&m->tmp);
	(void)tmpdir_in(&m->tmp, "ca", m->path);
	ck_assert_int_eq(
	    relay_names_add(&names, "relay.example,192.0.2.1", &e), 0);
	ck_assert_msg(ca_init(&(struct ca_init_args){.path = m->path,
				  .relay = &names,
				  .key = key,
				  .now_s = NOW,
				  .relay_days = 365,
				  .crl_days = 7},
			  &e) == 0,
	    "%s", e.text);
}

static inline void
made_ca_open(const struct made_ca *m, int64_t now_s, struct ca *ca)
{
	struct err e = {0};

	ck_assert_msg(ca_open(m->path, now_s, ca, &e) == 0, "%s", e.text);
}

/* The DER of a PEM file in the CA; size bytes at out. */
static inline struct slice
made_ca_der(const struct ca *ca, const char *name, const char *label,
    uint8_t *out, size_t size)
{
	struct buf b;
	struct err e;
	size_t n;

	buf_init(&b);
	ck_assert_int_eq(store_read(&ca->dir, name, STORE_PUBLIC, &b, &e), 0);
	ck_assert_int_eq(pem_read(buf_slice(&b), label, out, size, &n, &e), 0);
	buf_fini(&b);
	return slice_of(out, n);
}

/* A list of the CA; out points into mem. */
static inline void
made_ca_crl(const struct ca *ca, const char *name, uint8_t *mem, size_t size,
    struct crl *out)
{
	struct err e;

	ck_assert_int_eq(
	    crl_walk(made_ca_der(ca, name, PEM_CRL, mem, size), out, &e), 0);
}

/* A certificate for agent; its row's index in the database. */
static inline size_t
made_ca_issue(struct ca *ca, const char *agent, unsigned days)
{
	struct agent_name name;
	struct ca_issued c;
	struct key k;
	struct err e = {0};

	ck_assert_int_eq(agent_name_parse(agent, &name, &e), 0);
	ck_assert_int_eq(key_generate(IDENTITY_ED25519, &k, &e), 0);
	ck_assert_msg(ca_issue_agent(ca, &name, &k.public, days, &c, &e) == 0,
	    "%s", e.text);
	buf_fini(&c.pem);
	return (size_t)(c.row - ca->db.rows);
}

#endif
