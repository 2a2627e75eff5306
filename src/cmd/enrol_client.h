/* enrol_client.h — asks a relay for a certificate and waits for it, for atlax join.
 * Thread: the only one.                                                      */
#ifndef ATLAX_CMD_ENROL_CLIENT_H
#define ATLAX_CMD_ENROL_CLIENT_H

#include "enrol/message.h"
#include "enrol/words.h"

struct client_args {
	const char *host; /* DNS name or address without brackets */
	uint16_t port;
	const struct tls_pin *pin;
	const struct key *key;
	const char *name;      /* a label, or empty */
	const struct key *voucher; /* of voucher.h; NULL: an operator decides */
	uint64_t patience_ms;  /* for asking again, all in all */
	/* The request is with the relay under these words. */
	void (*waiting)(const char *words, uint32_t wait_s);
	/* It could not be, or is not any more; asking again. */
	void (*again)(const char *why);
};

struct client_result { /* ended by the caller; all DER */
	struct buf certificate, relay_ca;
	uint16_t port; /* where agents connect */
};

/* Every connection must have the pin before it is told anything. The certificate
 * is for the key. Fails: AX_E_IDENTITY, AX_E_TLS (not the relay that was meant),
 * AX_E_NOTFOUND (no such host, nobody listens), AX_E_LIMIT (the relay's no),
 * AX_E_TIMEOUT (patience is over), AX_E_PEER, AX_E_SYS, AX_E_NOMEM; out is then
 * empty.                                                                     */
AX_CHECKED int client_enrol(
    const struct client_args *args, struct client_result *out, struct err *e);

#endif
