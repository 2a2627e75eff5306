/* ca.h — the small CA in a directory: a root, one CA for relays, one for agents and,
 * once there is an operator, one for operators; what they signed, what they revoked.
 * Each operation takes the lock by ca_open and writes the database before it hands
 * anything out. Times are given by the caller (now_s, Unix seconds). Thread: owner. */
#ifndef ATLAX_PKI_CA_H
#define ATLAX_PKI_CA_H

#include "pki/crl.h"
#include "pki/db.h"
#include "pki/store.h"

#define CA_DAY_S         86400
#define CA_BACKDATE_S    3600 /* for clocks that are late */
#define CA_BACKDATE_PART 10   /* of the life, at most */
#define CA_ROOT_DAYS     3652 /* ten years */
#define CA_ISSUER_DAYS   730
#define CA_LEAF_DAYS     365 /* default; not everybody has a signer */
#define CA_LEAF_DAYS_MAX 3650
#define CA_CRL_DAYS      365 /* a relay starts with no expired list */
#define CA_DB_NAME       "certificates"
#define CA_RELAY_CN      "atlax-relay"
#define CA_CRL_DAYS_MAX  365
#define CA_GRACE_MAX_S   (30 * CA_DAY_S) /* see enrol/signer.h */

struct ca {
	struct store dir;
	int lock;
	struct db db;
	int64_t now_s;
	unsigned crl_days;
};

struct ca_init_args {
	const char *path; /* must not exist, or be an empty directory */
	const struct relay_names *relay;
	enum identity_key key; /* of everything that init makes */
	int64_t now_s;
	unsigned relay_days, crl_days;
};

/* Makes the whole directory under another name and renames it: afterwards it is
 * complete or not there. Fails: AX_E_EXIST, AX_E_SYS, AX_E_CRYPTO, AX_E_NOMEM.
 */
AX_CHECKED int ca_init(const struct ca_init_args *a, struct err *e);

/* Waits for the lock and reads the database. path must outlive it.
 * Fails: AX_E_NOTFOUND (no CA there), AX_E_SYNTAX, AX_E_SYS, AX_E_NOMEM.     */
AX_CHECKED int
ca_open(const char *path, int64_t now_s, struct ca *out, struct err *e);
void ca_close(struct ca *ca);
/* The paths of KIND.crt and KIND.key, as pair.h wants them. */
void ca_pair(const struct ca *ca, enum cert_kind kind, char crt[4096], char key[4096]);
/* Writes the database. Fails: AX_E_NOMEM, AX_E_SYS. */
AX_CHECKED int ca_save(struct ca *ca, struct err *e);
/* Reads the database alone, without waiting: it is replaced as a whole.
 * Fails: as ca_open.                                                         */
AX_CHECKED int ca_read_db(const char *path, struct db *out, struct err *e);

/* What came of an order. */
struct ca_issued {
	struct buf pem;     /* the certificate; ended by the caller */
	struct db_row *row; /* in ca->db, until the next certificate there */
	bool shortened;     /* it ends with its CA, before the days are over */
};

/* A certificate for an agent's key, in the database and on the disk when this
 * returns. Fails: AX_E_CONFIG (CA expired, key and certificate do not match),
 * AX_E_SYS, AX_E_CRYPTO, AX_E_NOMEM, and what reading the CA's files can give.
 */
AX_CHECKED int ca_issue_agent(struct ca *ca, const struct agent_name *name,
    const struct pubkey *key, unsigned days, struct ca_issued *out,
    struct err *e);
/* The same for so many seconds. Fails: as ca_issue_agent. */
AX_CHECKED int ca_certify_agent(struct ca *ca, const struct agent_name *name,
    const struct pubkey *key, int64_t life_s, struct ca_issued *out,
    struct err *e);
/* The same in place of the certificate of that row, for the agent that it names.
 * Units: life_s in seconds. Fails: as ca_issue_agent, AX_E_RANGE.            */
AX_CHECKED int ca_renew_agent(struct ca *ca, const struct db_row *old,
    const struct pubkey *key, int64_t life_s, struct ca_issued *out,
    struct err *e);
/* The row of this serial, until the next certificate there; NULL: none. */
struct db_row *ca_find(
    const struct ca *ca, const uint8_t serial[CERT_SERIAL_LEN]);
/* The row of this certificate (DER), as ca_find. */
struct db_row *ca_row_of(const struct ca *ca, struct slice certificate);
/* New certificates for the CAs' old keys and names, signed by the root:
 * what they signed stays valid. row: of the agent CA; pem: not filled. Fails:
 * as ca_issue_agent.                                                  */
AX_CHECKED int
ca_renew_issuers(struct ca *ca, struct ca_issued *out, struct err *e);
/* A new relay.crt for the key of the old one; names: those of the old one
 * unless given (n > 0). Fails: as ca_issue_agent, AX_E_NOTFOUND. */
AX_CHECKED int ca_renew_relay(struct ca *ca, const struct relay_names *names,
    unsigned days, struct ca_issued *out, struct err *e);

/* Marks what is called so and neither revoked nor expired for so long that nobody
 * renews it (TENANT: the tenant's every agent; TENANT/AGENT: that one) as revoked
 * and fresh, and writes the
 * CRL, also when there was nothing to mark: so a revocation that was cut short
 * can be completed. Fails: AX_E_NOTFOUND (never issued), as ca_issue_agent. */
AX_CHECKED int
ca_revoke_agent(struct ca *ca, const struct agent_name *name, struct err *e);
/* The same for one certificate of an agent or a relay. Fails: also
 * AX_E_UNSUPPORTED for a CA's serial.                                        */
AX_CHECKED int ca_revoke_serial(
    struct ca *ca, const uint8_t serial[CERT_SERIAL_LEN], struct err *e);
/* A certificate for an operator's key, as ca_issue_agent. The first one makes the CA
 * for operators, with a key of this type, for which root.key has to be there. */
AX_CHECKED int ca_issue_operator(struct ca *ca, const struct agent_name *name,
    const struct key *key, unsigned days, struct ca_issued *out, struct err *e);
/* As ca_revoke_agent, for operator.crl. */
AX_CHECKED int
ca_revoke_operator(struct ca *ca, const struct agent_name *name, struct err *e);
/* Is there a CA for operators, with its key? */
bool ca_has_operators(const struct ca *ca);

/* Writes agent.crl, relay.crl and operator.crl anew. Fails: as ca_issue_agent. */
AX_CHECKED int ca_refresh_crls(struct ca *ca, struct err *e);

/* Writes root.crl, which lasts as long as the two CAs do, so that the root's
 * key can be put away. Fails: as ca_issue_agent. */
AX_CHECKED int ca_write_root_crl(struct ca *ca, struct err *e);

/* "valid", "expired", "revoked". */
const char *ca_state(const struct db_row *row, int64_t now_s);

#endif
