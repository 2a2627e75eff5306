/* yard.h — a CA for agents, one for relays, a context of each role made from
 * files in a directory of its own, and connections between them. Everything is
 * made at test time and ends with the test. Failures end the test.
 * Thread: the only one.                                                      */
#ifndef ATLAX_TESTS_UNIT_TLS_YARD_H
#define ATLAX_TESTS_UNIT_TLS_YARD_H

#include "tls/forge.h"
#include "tls/stranger.h"
#include "tls/tls.h"

#define YARD_HOST "relay.example.com"
#define YARD_NEVER 0x7f00 /* serials: revoked ones, and the next free one */

struct yard_ca {
	struct forge_key key;
	struct slice name; /* Name, whole; in mem */
	uint8_t mem[128];
	struct blob der;
};

struct yard {
	char dir[64];
	struct yard_ca ca[2];	/* by the role whose certificates it signs */
	struct tls_ctx *ctx[2]; /* by role; NULL until yard_open */
	char path[4][2][96];	/* [certificate, key, ca, crl][role] */
};

static const uint8_t yard_revoked[] = { 0x7f, 0x01 };

/* Makes CAs, leaves, a list with yard_revoked on it, and the files. */
void yard_init(struct yard *y);
/* The contexts as well. */
void yard_open(struct yard *y);
void yard_fini(struct yard *y);
struct tls_files yard_files(struct yard *y, enum tls_role role);
/* Writes a file of the yard anew (mode 0600). */
void yard_write(const char *path, struct slice bytes);

/* The revocation list of a role's file, anew and with this number. */
void yard_write_crl(struct yard *y, enum tls_role role, uint64_t number);

/* Signs a body with the CA for a role. */
void yard_sign(struct yard *y, enum tls_role role, struct slice tbs, struct blob *der);
/* A good leaf but for what is given: serial and issuer (may be empty), seconds
 * from now (0: usual), signer NULL: the CA.                                  */
struct yard_leaf {
	enum tls_role role;
	struct slice serial, issuer;
	const struct forge_key *signer;
	int64_t from_s, to_s;
	uint8_t purpose;
	const char *name; /* of the SAN */
};
void yard_leaf(struct yard *y, const struct yard_leaf *l, struct credentials *out);
/* The same as a leaf alone, with the key it belongs to. */
void yard_leaf_der(struct yard *y, const struct yard_leaf *l, struct forge_key *key,
    struct blob *der);

/* Two connections and what is on the wire between them. */
struct yard_pair {
	struct tls_conn *conn[2]; /* by role */
	struct buf wire[2];	  /* what conn[role] has sent */
	int result[2];
	struct err err[2];
};

void yard_pair_init(struct yard *y, struct yard_pair *p);
void yard_pair_fini(struct yard_pair *p);
/* Shakes hands, at most chunk bytes at a time; results in p->result. */
void yard_shake(struct yard_pair *p, size_t chunk);
/* Reads everything that is on its way to a role; appends the plaintext to out.
 * Returns what tls_conn_read said at the end.                                */
int yard_read(struct yard_pair *p, enum tls_role role, struct buf *out);

/* Runs openssl with these arguments, quietly: its exit status. */
int yard_openssl(const char *const argv[]);

#endif
