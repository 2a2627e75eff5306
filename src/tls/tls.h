/* tls.h — TLS 1.3 with mutual authentication, memory to memory: ciphertext in,
 * plaintext out, and back. wolfSSL is behind it (wolf.h is the only file that
 * includes it). The recipe, and what it guards against: doc/THREATS.          */
#ifndef ATLAX_TLS_TLS_H
#define ATLAX_TLS_TLS_H

#include "base/buf.h"
#include "base/err.h"
#include "parse/identity.h"

/* The last two are for an agent that has no certificate yet: what both sides
 * prove then stands below, under enrolment.                                  */
enum tls_role { TLS_RELAY, TLS_AGENT, TLS_ENROL_RELAY, TLS_ENROL_AGENT };

/* --- process ------------------------------------------------------------- */

/* Starts the library and registers AES-GCM acceleration. Before any other
 * thread and any other call. Thread: boot. Fails: AX_E_TLS.                  */
AX_CHECKED int tls_boot(struct err *e);
void tls_shutdown(void);    /* Thread: boot, after every other thread ended */
void tls_thread_fini(void); /* Thread: each one that used TLS, before it ends */
/* For --version and the log: library, version, and how AES-GCM is done. */
const char *tls_describe(void);

/* --- context: keys, trust, revocation; one generation, never edited ------ */

struct tls_ctx;

struct tls_files {		/* PEM; paths, borrowed during the call */
	const char *certificate; /* leaf first, then intermediates if any */
	const char *key;	 /* refused when group or others may read it */
	const char *ca;		 /* who signs the peers; TLS_ENROL_RELAY: us */
	const char *crl;	 /* TLS_RELAY: required; else NULL */
	bool past; /* take a certificate of our own that has expired, too */
};

/* Reads the files and builds a context; proves by a self-test over memory that
 * it refuses a clone of the CA, no certificate, another CA and (relay) a revoked
 * serial. Thread: any one; the context is then used by one thread at a time
 * (make one per worker with tls_ctx_clone). Fails: AX_E_CONFIG (file, line where
 * known, and what to do), AX_E_SYS, AX_E_TLS, AX_E_NOMEM.                    */
AX_CHECKED int tls_ctx_new(enum tls_role role, const struct tls_files *files,
    struct tls_ctx **out, struct err *e);
/* The same where operators are in the place of agents: on the relay's side they are
 * who may come in, on the other our certificate is an operator's. Fails: as above. */
AX_CHECKED int tls_ctx_new_operators(enum tls_role role, const struct tls_files *files,
    struct tls_ctx **out, struct err *e);
/* Does our own certificate name this host (as identity_relay has it)? */
bool tls_ctx_names(const struct tls_ctx *ctx, const char *host);
/* Another context of the same bytes (no file is read again), for another
 * thread. Fails: AX_E_TLS, AX_E_NOMEM.                                       */
AX_CHECKED int tls_ctx_clone(const struct tls_ctx *from, struct tls_ctx **out, struct err *e);
/* The same keys and CAs with another revocation list. Fails: as tls_ctx_new. */
AX_CHECKED int tls_ctx_new_crl(const struct tls_ctx *from, const char *crl,
    struct tls_ctx **out, struct err *e);
/* May next take the place of now? Not with a revocation list that has a lower
 * number than the one of the same issuer, or none of an issuer that it trusts:
 * whoever can put back an old file would let in whom the newer one shut out.
 * Fails: AX_E_CONFIG.                                                        */
AX_CHECKED int tls_ctx_follows(
    const struct tls_ctx *now, const struct tls_ctx *next, struct err *e);
/* The same for the lists in a file, expired or not: *older, with the sentence in e.
 * Fails: what reading it gives.                                              */
AX_CHECKED int tls_ctx_follows_file(const char *crl, const struct tls_ctx *next,
    bool *older, struct err *e);
/* The i-th revocation list in force (DER), borrowed; empty: there are no more. */
struct slice tls_ctx_crl_list(const struct tls_ctx *ctx, size_t i);
/* Ends the caller's reference; connections keep what they need. */
void tls_ctx_free(struct tls_ctx **ctx);
/* Our own certificate, for the log and for expiry warnings. Units: Unix seconds. */
void tls_ctx_validity(
    const struct tls_ctx *ctx, int64_t *not_before, int64_t *not_after);
/* Number and nextUpdate of the CRL in force; false without one. */
bool tls_ctx_crl(const struct tls_ctx *ctx, uint64_t *number, int64_t *next_update);
/* Is this serial revoked by the context's CRL? For sweeping live sessions. */
bool tls_ctx_is_revoked(const struct tls_ctx *ctx, struct slice serial);

/* Would this certificate be let in, but for who its owner is: signed by the
 * context's CA, within its dates, not revoked? Thread: the context's.
 * Fails: AX_E_TLS, AX_E_NOMEM; AX_E_EXPIRED: it would have been.             */
AX_CHECKED int tls_ctx_vouches(
    const struct tls_ctx *ctx, struct slice cert, struct err *e);

/* What a key is known by in atlax revoke: SHA-256 of its SubjectPublicKeyInfo.
 * Thread: any. Fails: AX_E_NOMEM.                                            */
#define TLS_KEY_HASH 32
AX_CHECKED int tls_key_hash(
    struct slice spki, uint8_t out[TLS_KEY_HASH], struct err *e);

/* --- enrolment ------------------------------------------------------------
 * A context of the role TLS_ENROL_RELAY shows its certificate with its CA's and
 * asks for none. One of the role TLS_ENROL_AGENT trusts no file: it knows the
 * CA by the pin, and the relay by that CA and its own name, before it has sent
 * anything but a ClientHello. Each makes the self-test of its kind.          */

/* What a CA is known by: the first 125 bits of SHA-256 over its
 * SubjectPublicKeyInfo; the last three bits are zero.                        */
#define TLS_PIN_LEN 16
struct tls_pin {
	uint8_t bits[TLS_PIN_LEN];
};
/* Fails: AX_E_SYNTAX, AX_E_NOMEM. */
AX_CHECKED int tls_pin_of(struct slice ca_cert, struct tls_pin *out, struct err *e);
/* For one connection. Thread: owner. Fails: AX_E_TLS, AX_E_NOMEM. */
AX_CHECKED int tls_ctx_new_pinned(
    const struct tls_pin *pin, struct tls_ctx **out, struct err *e);
/* TLS_ENROL_RELAY: the pin of the CA that it shows. */
void tls_ctx_pin(const struct tls_ctx *ctx, struct tls_pin *out);

/* --- connection ---------------------------------------------------------- */

struct tls_conn;

/* The peer, after the handshake. spki_sha256 identifies the key. */
struct tls_peer {
	struct identity id; /* its slices are not set: the certificate is gone */
	uint8_t spki_sha256[TLS_KEY_HASH];
};

/* A connection that has seen no byte yet; the library's own state (tens of
 * kilobytes) is made only after the gate has passed (relay). host: agent only,
 * whom we dial (DNS name or IP literal), copied. Thread: owner of ctx.
 * Fails: AX_E_NOMEM.                                                         */
AX_CHECKED int tls_conn_new(struct tls_ctx *ctx, const char *host, struct tls_conn **out);
void tls_conn_free(struct tls_conn **c); /* accepts NULL, nulls */

/* After the handshake, from one thread to another: leave by the one, enter, with a
 * context of its own, by the other. Between them only tls_conn_peer,
 * tls_conn_cipher and tls_conn_free are allowed, to whoever has c.            */
void tls_conn_leave(struct tls_conn *c);
void tls_conn_enter(struct tls_conn *c, struct tls_ctx *ctx);

/* Lends ciphertext; it must stay until tls_conn_handshake or tls_conn_read
 * returned AX_E_AGAIN, by which time all of it is taken.                     */
void tls_conn_feed(struct tls_conn *c, struct slice in);
/* Goes on with the handshake; appends what must be sent to out (also when it
 * fails: the alert). Returns 0: done, tls_conn_peer is set; AX_E_AGAIN: give it
 * more; AX_E_TLS, AX_E_PEER, AX_E_IDENTITY, AX_E_NOMEM: refused, reason in e. */
AX_CHECKED int tls_conn_handshake(
    struct tls_conn *c, struct buf *out, uint64_t now_ns, struct err *e);
/* Decrypts into p: the plaintext of as many whole records as fit (cap is
 * TLS_READ_MIN or more). Returns 0 and *n > 0; AX_E_AGAIN: all input is used up;
 * AX_E_CLOSED: close_notify; AX_E_TLS, AX_E_PEER, AX_E_NOMEM: broken, reason in
 * e, and an alert may have been appended to out.                             */
AX_CHECKED int tls_conn_read(struct tls_conn *c, uint8_t *p, size_t cap,
    size_t *n, struct buf *out, uint64_t now_ns, struct err *e);
/* Seals n bytes (at most 16384: one record) and appends the record to out.
 * Never partial; a change of keys may go before it. Fails: AX_E_NOMEM,
 * AX_E_CRYPTO.                                */
AX_CHECKED int tls_conn_write(
    struct tls_conn *c, const uint8_t *p, size_t n, struct buf *out, struct err *e);
/* Appends close_notify, once. */
void tls_conn_close(struct tls_conn *c, struct buf *out);
const struct tls_peer *tls_conn_peer(const struct tls_conn *c);
const char *tls_conn_cipher(const struct tls_conn *c); /* after the handshake */
/* TLS_ENROL_AGENT, after the handshake: the CA's certificate (DER) that has the
 * pin. Borrowed from c.                                                      */
struct slice tls_conn_pinned_ca(const struct tls_conn *c);
/* Known to the two ends of this connection alone (RFC 8446 section 7.5): for
 * enrolment, under the label "EXPORTER-atlax-enrol-v1".                      */
#define TLS_BINDING_LEN 32
struct slice tls_conn_binding(const struct tls_conn *c);

#define TLS_RECORD_MAX 16384	/* plaintext of one record */
#define TLS_RECORD_OVERHEAD 22
#define TLS_READ_MIN (16384 + 256) /* room that any one record fits into */

#endif
