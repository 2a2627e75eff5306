/* agedcert.c — agedcert CA TENANT/AGENT DIR SECONDS: as atlax pki issue CA
 * TENANT/AGENT --out DIR --days 1 would have made it a day ago, but for SECONDS:
 * the certificate ends so soon.                                              */
#include <stdio.h>
#include <stdlib.h>

#include "base/clock.h"
#include "pki/bundle.h"

static int
issue(struct ca *ca, const char *as, const char *dir, struct err *e)
{
	struct agent_name name;
	struct ca_issued c;
	struct bundle b;
	int r = agent_name_parse(as, &name, e);

	if (r == 0)
		r = bundle_open(&b, CERT_AGENT, ca, dir, IDENTITY_ED25519, e);
	if (r < 0)
		return r;
	r = ca_issue_agent(ca, &name, &b.key.public, 1, &c, e);
	if (r == 0) {
		r = bundle_write(&b, buf_slice(&c.pem), e);
		buf_fini(&c.pem);
	}
	bundle_close(&b);
	return r;
}

int
main(int argc, char **argv)
{
	int64_t now = (int64_t)(clock_wall_ms() / 1000);
	struct ca ca;
	struct err e = { 0 };
	int r;

	if (argc != 5)
		return 1;
	r = ca_open(argv[1], now - CA_DAY_S + strtol(argv[4], NULL, 10), &ca, &e);
	if (r == 0) {
		r = issue(&ca, argv[2], argv[3], &e);
		ca_close(&ca);
	}
	if (r < 0)
		fprintf(stderr, "agedcert: %s\n", e.text);
	return r < 0;
}
