/* rotate.h — from one CA for relays, or for agents, to the next (doc/TRUST):
 *
 *	             KIND.crt    signs     KIND.key.next  KIND.key.old
 *	              old         old
 *	  begin       old, new    old       of new
 *	  switch      new, old    new                       of old
 *	  finish      new         new
 *
 * Each step is one rename of KIND.crt; what a kill leaves behind is done by
 * ca_open, or by asking for the same step again. Each writes the next trust bundle
 * into relay-ca.crt and new revocation lists. Thread: owner of the ca.       */
#ifndef ATLAX_PKI_ROTATE_H
#define ATLAX_PKI_ROTATE_H

#include "pki/ca.h"

enum rotate_stage { ROTATE_NONE, ROTATE_BEGUN, ROTATE_SWITCHED };

/* kind: CERT_RELAY_CA or CERT_AGENT_CA, as for all. */
AX_CHECKED int rotate_stage(struct ca *ca, enum cert_kind kind,
    enum rotate_stage *out, struct err *e);
/* To this stage: BEGUN by begin, SWITCHED by switch, NONE by finish. The switch of
 * the CA for relays makes a new relay.crt, too. Fails: AX_E_CONFIG (it is not the
 * next one), as ca_issue_agent.                                              */
AX_CHECKED int rotate_to(struct ca *ca, enum cert_kind kind,
    enum rotate_stage stage, struct err *e);

/* The i-th agent, from 0, whose every valid certificate is of the old CA; NULL: there
 * are no more. After the switch.                                             */
const struct db_row *rotate_behind(const struct ca *ca, size_t *i);
/* The next agent in the database with a certificate that is valid; of several of
 * one name the last.                                                         */
const struct db_row *rotate_agents(const struct ca *ca, size_t *i);

/* Puts these certificates (DER) into KIND.crt, and the trust bundle that they make
 * into relay-ca.crt, under the next sequence number. Needs root.key.
 * Fails: as ca_issue_agent.                                                  */
AX_CHECKED int rotate_put(struct ca *ca, enum cert_kind kind,
    const struct slice *cas, size_t n, struct err *e);
/* The sequence of the bundle in relay-ca.crt; 0: there is none. */
AX_CHECKED int
rotate_sequence(struct ca *ca, uint64_t *out, struct err *e);

#endif
