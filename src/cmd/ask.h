/* ask.h — asks a relay: the one whose Unix socket is given, else one elsewhere, if one
 * is named (remote.h), else that of this machine. What goes wrong is said here, to
 * standard error. Thread: the only one.                                      */
#ifndef ATLAX_CMD_ASK_H
#define ATLAX_CMD_ASK_H

#include <jansson.h>

#include "base/buf.h"

#define ASK_SOCKET RUNSTATEDIR "/atlax/relay.sock"

struct ask {
	const char *program; /* "atlax status" */
	const char *socket; /* NULL: a relay elsewhere, or ASK_SOCKET */
	const char *page;  /* "/v1/status" */
	const char *post;  /* a body to send; NULL: only look */
	long seconds;	   /* to wait for the answer; 0: ten; -1: for ever */
	bool quiet;	   /* no answer is an answer, too: say nothing */
	const char *type;  /* of post; NULL: nobody asks for it */
	/* Takes an answer that is text, as it comes; false: enough. NULL: it is a
	 * document.                                                          */
	bool (*text)(void *arg, const char *p, size_t n);
	void *arg;
};

struct ask_answer {
	struct buf body; /* as it came */
	json_t *doc;	 /* an object */
};

/* Is it one elsewhere? Then files of this machine are not the relay's. A mistake in
 * what names it counts as yes: ask_relay says it.                            */
bool ask_is_remote(const struct ask *ask);
/* Returns an exit status; only after AX_EXIT_OK there is an answer to end. */
int ask_relay(const struct ask *ask, struct ask_answer *out);
/* The same with a body, which is taken; NULL: there was no memory for it, or a text
 * in it was not UTF-8. Sets page, post and type.                             */
int ask_post(struct ask *ask, const char *page, json_t *body, struct ask_answer *out);
void ask_answer_fini(struct ask_answer *a);
/* To standard output, as it came. */
void ask_print(const struct ask_answer *a);
/* All of it: asks, and prints the answer, or lets show do that. False from show:
 * out of memory. Returns an exit status.                                     */
int ask_show(const struct ask *ask, bool json, bool (*show)(const json_t *doc));
/* A document that we have made, which is taken, on one line. NULL: there was no memory
 * for it, or a text in it was not UTF-8. Returns as ask_written.             */
int ask_print_own(const char *program, json_t *doc, int status);
/* status, if all that was printed could be; else says why, and that it failed. */
int ask_written(const char *program, int status);

#endif
