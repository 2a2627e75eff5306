/* agent_socket.h — asks the agent of this machine. Thread: the only one. */
#ifndef ATLAX_CMD_AGENT_SOCKET_H
#define ATLAX_CMD_AGENT_SOCKET_H

#include <stdbool.h>

#define AGENT_SOCKET RUNSTATEDIR "/atlax-agent/agent.sock"

/* Says line, which ends with a line break; the answers come over what is returned,
 * which is the caller's. -1: it was said why not, to standard error.         */
int agent_ask(const char *program, const char *path, const char *line);
/* What it is doing, as a document or for people. Returns an exit status. */
int agent_status(const char *program, const char *path, bool json);

#endif
