/* vouchers.h — who may have one certificate without being asked for by name: each is
 * known by its public key, of which somebody has the secret half (doc/ENROLMENT 6).
 * They are in a file of the CA's directory, under the CA's lock: so what was used
 * stays used, whoever is killed. Thread: owner of the ca.                    */
#ifndef ATLAX_PKI_VOUCHERS_H
#define ATLAX_PKI_VOUCHERS_H

#include "pki/ca.h"

#define VOUCHERS_MAX 256

struct voucher {
	uint32_t id;
	int64_t until; /* Unix seconds */
	int64_t used;  /* the same; 0: not yet */
	struct pubkey key; /* Ed25519 */
	char name[sizeof(((struct agent_name *)NULL)->text)];
};

struct vouchers {
	struct ca *ca; /* borrowed */
	struct voucher *list; /* oldest first */
	size_t n;
	uint32_t last_id; /* no number is given twice */
};

/* Reads the file, if there is one; what is over (by ca->now_s) stays in it until one is
 * added. Fails: AX_E_SYNTAX, AX_E_SYS, AX_E_NOMEM; there is nothing to close then. */
AX_CHECKED int vouchers_open(struct ca *ca, struct vouchers *out, struct err *e);
void vouchers_close(struct vouchers *v);

/* On the disk when this returns. Fails: AX_E_LIMIT, AX_E_SYS, AX_E_NOMEM; nothing is
 * changed then.                                                              */
AX_CHECKED int vouchers_add(struct vouchers *v, const struct agent_name *name,
    const struct pubkey *key, int64_t until, struct voucher **out, struct err *e);
/* NULL: there is none. Borrowed until the next change. */
struct voucher *vouchers_find(const struct vouchers *v, const struct pubkey *key);
struct voucher *vouchers_number(const struct vouchers *v, uint32_t id);
/* It is used: on the disk when this returns, and before anybody profits from it.
 * Fails: AX_E_SYS, AX_E_NOMEM.                                               */
AX_CHECKED int vouchers_use(
    struct vouchers *v, struct voucher *it, struct err *e);
AX_CHECKED int vouchers_remove(
    struct vouchers *v, struct voucher *it, struct err *e);

#endif
