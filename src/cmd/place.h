/* place.h — the directory that a relay or an agent is set up in: what join and
 * relay up have in common. Thread: the only one.                             */
#ifndef ATLAX_CMD_PLACE_H
#define ATLAX_CMD_PLACE_H

#include <stdio.h>

#include "pki/store.h"

#define PLACE_DIR SYSCONFDIR "/atlax"
/* The units' StateDirectory= and RuntimeDirectory=: where an agent may replace its
 * key and certificate, and where a signer listens.                           */
#define PLACE_AGENT "/var/lib/atlax-agent"
#define PLACE_SIGNER RUNSTATEDIR "/atlax-signer/signer.sock"

/* Is dir where the units look? */
bool place_is_usual(const char *dir);

/* Opens the directory path (made, 0755, if it is missing; it must outlive the
 * place) for this process alone, and removes what a killed one left half-written.
 * Fails: AX_E_EXIST (another is at work there), AX_E_SYS.                    */
AX_CHECKED int place_open(const char *path, struct store *out, struct err *e);
/* Gives a file to the user atlax, as whom the programs run as services. Only root
 * can, and only if there is such a user; else it stays ours.                 */
void place_give(const struct store *s, const char *name);

/* A host and a port with a default; brackets around IPv6. Fails: AX_E_RANGE. */
AX_CHECKED int place_address(const char *text, uint16_t fallback, char host[256],
    uint16_t *port, struct err *e);
/* "NAME=ADDRESS,..." as lines of YAML: each with name and, under key, address. */
struct place_services {
	const char *list, *key, *indent;
};

/* Is it such a list? Whether they are good names and addresses the program says
 * that reads them. Fails: AX_E_RANGE, AX_E_NOMEM.                            */
AX_CHECKED int place_services_check(const struct place_services *v, struct err *e);
/* Makes the configuration name: the formatted text, then the services.
 * Fails: AX_E_EXIST, AX_E_RANGE, AX_E_SYS, AX_E_NOMEM.                       */
AX_CHECKED int place_config(const struct store *s, const char *name,
    const struct place_services *v, struct err *e, const char *fmt, ...)
    AX_PRINTF(5, 6);

#endif
