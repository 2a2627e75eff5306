/* relay.h — the server: one control thread (the caller's) and its workers.
 * Thread: boot or control, for everything here.                              */
#ifndef ATLAX_RELAY_RELAY_H
#define ATLAX_RELAY_RELAY_H

#include "conf/conf.h"

/* Runs a relay until SIGTERM or SIGINT: opens everything the configuration
 * names, starts the workers, serves, drains. SIGHUP reads the configuration again
 * (reload.h), and what it names. Fails: any AX_E_, and what went wrong stands in e. */
AX_CHECKED int relay_run(const struct conf_relay *conf, struct err *e);

/* Tells the process that waits for this one to take its place, if any does, why it
 * will not. For what goes wrong before relay_run.                            */
void relay_refuse(const char *why);

/* How many workers a relay with this configuration has here. */
unsigned relay_workers(const struct conf_relay *conf);

/* What a configuration needs beyond its text: files that can be read, keys that
 * fit, a self-test of TLS. For --check. Fails: AX_E_CONFIG.                  */
AX_CHECKED int relay_check(const struct conf_relay *conf, struct err *e);

#endif
