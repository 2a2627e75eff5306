/* status.h — what `atlax status` shows: control asks every worker by message,
 * each fills its part, control puts them together and answers.               */
#ifndef ATLAX_RELAY_STATUS_H
#define ATLAX_RELAY_STATUS_H

#include "base/frost.h"
#include "relay/control.h"

/* The admin socket. Thread: boot. begin fails: AX_E_SYS, AX_E_EXIST, AX_E_NOMEM. */
AX_CHECKED int status_begin(struct relay *r, struct err *e);
void status_end(struct relay *r);

/* Its listening sockets, borrowed; -1: that one is not open. Thread: control. */
void status_listeners(const struct relay *r, int fds[3]);
/* Who may look at the dashboard goes from process to process. Thread: control; boot. */
void status_frost(struct relay *r, struct frost *f);
/* Serves an operator who was let in, over fd (taken). Thread: control.
 * Fails: as admin_take.                                                      */
struct admin_who;
AX_CHECKED int status_admit(struct relay *r, int fd, const struct admin_who *who);
/* Sends what was answered: the process ends. Thread: control. */
void status_flush(struct relay *r);

/* Writes down a worker's tunnels and sends the part back. Thread: worker. */
void status_fill(struct worker *w, struct status_part *part);
/* A request was answered later than it came: has the answer sent. Thread: control. */
void status_answered(struct relay *r);
/* A part came back: taken. Thread: control. */
void status_part(struct relay *r, struct status_part *part);
/* A request was answered outside of the admin server's turn. Thread: control. */
void status_answered(struct relay *r);

#endif
