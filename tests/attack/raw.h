/* raw.h — TLS 1.3 by hand (RFC 8446), of primitives only: X25519, Ed25519,
 * ChaCha20-Poly1305, SHA-256. It does what it is told, also when that is wrong.
 * Thread: the only one.                                                      */
#ifndef ATLAX_TESTS_ATTACK_RAW_H
#define ATLAX_TESTS_ATTACK_RAW_H

#include "base/buf.h"
#include "base/slice.h"
#include "tls/forge.h"
#include "tls/wolf.h"

#define RAW_CCS 20
#define RAW_ALERT 21
#define RAW_HANDSHAKE 22
#define RAW_DATA 23

#define RAW_CLIENT_HELLO 1
#define RAW_SERVER_HELLO 2
#define RAW_NEW_SESSION_TICKET 4
#define RAW_ENCRYPTED_EXTENSIONS 8
#define RAW_CERTIFICATE 11
#define RAW_CERTIFICATE_REQUEST 13
#define RAW_CERTIFICATE_VERIFY 15
#define RAW_FINISHED 20
#define RAW_KEY_UPDATE 24

/* Where bytes go and come from. */
struct wire {
	/* Sends all of it; what a dead peer no longer takes is dropped. */
	void (*send)(struct wire *w, struct slice bytes);
	/* Up to cap bytes; 0: the peer has closed; -1: nothing comes. */
	long (*recv)(struct wire *w, uint8_t *p, size_t cap);
};

struct raw_keys {
	uint8_t secret[32], key[32], iv[12];
	uint64_t seq;
};

struct raw {
	struct wire *wire;
	bool server;
	wc_Sha256 transcript;
	uint8_t private_key[32], public_key[32], peer_key[32];
	uint8_t session_id[32];
	uint8_t session_id_len;
	uint8_t early[32], handshake[32], master[32];
	struct raw_keys tx, rx;
	bool tx_sealed, rx_sealed;
	struct raw_keys next_tx, next_rx; /* application keys, when known */
	struct buf in;	     /* bytes of records */
	struct buf messages; /* bytes of handshake messages */
	bool over;	     /* the peer has closed */
	int alert;	     /* the peer's last alert, or -1 */
	size_t data;	     /* bytes of application data that came */
	/* Credentials: what we show. */
	struct forge_key key;
	struct blob chain[3]; /* DER, leaf first; n == 0: end */
};

void raw_init(struct raw *r, struct wire *w, bool server);
void raw_fini(struct raw *r);

/* Records. A sealed one has type 23 outside and this type inside. */
void raw_send(struct raw *r, const void *p, size_t n); /* bytes as they are */
void raw_record(struct raw *r, uint8_t type, struct slice body);
void raw_clear(struct raw *r, uint8_t type, struct slice body); /* never sealed */
void raw_sealed(struct raw *r, uint8_t type, struct slice body, size_t padding);
/* A genuine record of nothing at all: not even a type. */
void raw_sealed_nothing(struct raw *r);
/* The head of a record of type 23 and len bytes of noise. */
void raw_noise(struct raw *r, size_t len);

/* Handshake messages: with their head into mem; into a record and the hash. */
struct slice raw_wrap(uint8_t type, struct slice body, uint8_t *mem);
void raw_message(struct raw *r, uint8_t type, struct slice body);
void raw_hash(struct raw *r, struct slice message);
/* Reads the next one, with its head, into mem (65536 bytes) and the hash.
 * Empty: no more comes.                                                      */
struct slice raw_read_message(struct raw *r, uint8_t *mem);
/* Reads what comes until nothing does. */
void raw_drain(struct raw *r);

/* The bodies that a handshake needs. */
struct slice raw_client_hello(struct raw *r, uint8_t *mem, const char *extensions);
struct slice raw_server_hello(struct raw *r, uint8_t *mem, const char *spec);
struct slice raw_certificate(struct raw *r, uint8_t *mem);
struct slice raw_certificate_verify(struct raw *r, const char *context,
    const struct forge_key *key, uint8_t *mem);
struct slice raw_finished(struct raw *r, uint8_t *mem);

/* Keys: after ServerHello is in the hash, and after the server's Finished. */
void raw_handshake_keys(struct raw *r);
void raw_derive_application(struct raw *r);
void raw_application_tx(struct raw *r);
void raw_application_rx(struct raw *r);
void raw_rekey(struct raw_keys *k); /* as KeyUpdate does */

/* Takes session id and key share out of the peer's hello. */
bool raw_parse_hello(struct raw *r, struct slice message);
/* The first half: everything up to our own Certificate. False: refused. */
bool raw_meet_server(struct raw *r); /* we: client */
bool raw_meet_client(struct raw *r); /* we: server; EncryptedExtensions sent */
/* The second half, done well; then application keys. */
void raw_authenticate(struct raw *r);

size_t raw_unhex(const char *hex, uint8_t *out);

extern const char raw_client_context[], raw_server_context[];

#endif
