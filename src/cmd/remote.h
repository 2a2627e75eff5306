/* remote.h — a relay on another machine, and the way to its pages with the certificate
 * of an operator. Which one, the environment says, then a file:
 *	ATLAX_RELAY, ATLAX_CERTIFICATE, ATLAX_KEY, ATLAX_CA
 *	$XDG_CONFIG_HOME/atlax/remote.yaml, or ~/.config/atlax/remote.yaml
 * Thread: the only one; a connection has one of its own behind it.           */
#ifndef ATLAX_CMD_REMOTE_H
#define ATLAX_CMD_REMOTE_H

#include "base/err.h"

#define REMOTE_RELAY "ATLAX_RELAY"
#define REMOTE_CERTIFICATE "ATLAX_CERTIFICATE"
#define REMOTE_KEY "ATLAX_KEY"
#define REMOTE_CA "ATLAX_CA"

struct remote_place {
	char relay[320]; /* host:port */
	char certificate[4096], key[4096], ca[4096];
};

/* Returns 1: *out is set; 0: none is named, ask the one of this machine.
 * Fails: as conf_remote_load; AX_E_CONFIG: a part is missing.                */
AX_CHECKED int remote_find(struct remote_place *out, struct err *e);

struct remote;

/* Connects, and proves who both are. Whoever in this process connects to the abstract
 * Unix socket of this name talks with the relay from then on, once.
 * Fails: AX_E_CONFIG, AX_E_SYS, AX_E_TLS, AX_E_PEER, AX_E_IDENTITY, AX_E_CLOSED,
 * AX_E_TIMEOUT, AX_E_NOMEM; a sentence in e.                                 */
AX_CHECKED int remote_open(
    const struct remote_place *at, struct remote **out, struct err *e);
const char *remote_socket(const struct remote *r); /* borrowed */
/* Call it when that was closed, or never made. *why: how it ended, empty if by us. */
void remote_close(struct remote **r, struct err *why);

#endif
