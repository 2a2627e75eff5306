/* audit.h — what the relay is told to write down, and GET /v1/audit. Inside admin
 * only. Thread: control.                                                     */
#ifndef ATLAX_ADMIN_AUDIT_H
#define ATLAX_ADMIN_AUDIT_H

#include "admin/request.h"
#include "admin/who.h"

void audit_ask(struct admin *a, struct admin_request *req);
/* d without request and answer; body and doc as they were sent, doc may be NULL. */
void audit_tell(const struct admin_ops *ops, struct relay *relay,
    struct admin_decision *d, struct slice body, const char *doc);

#endif
