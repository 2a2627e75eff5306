# Units for systemd, made by sed because they name our directories. Where they
# go is configure's to say (--with-systemdsystemunitdir, "no": nowhere).
EXTRA_DIST += %D%/atlax-relay.service.in %D%/atlax-agent.service.in \
	%D%/atlax-signer.service.in \
	%D%/atlax.conf
if SYSTEMD
systemdsystemunit_DATA = %D%/atlax-relay.service %D%/atlax-agent.service \
	%D%/atlax-signer.service
CLEANFILES += $(systemdsystemunit_DATA)
sysusersdir = $(prefix)/lib/sysusers.d
dist_sysusers_DATA = %D%/atlax.conf
endif

UNIT_EDIT = $(MKDIR_P) %D% && $(SED) -e 's|@sysconfdir[@]|$(sysconfdir)|g' \
	-e 's|@runstatedir[@]|$(runstatedir)|g' -e 's|@sbindir[@]|$(sbindir)|g' \
	-e 's|@bindir[@]|$(bindir)|g'

%D%/atlax-relay.service: %D%/atlax-relay.service.in Makefile
	$(AM_V_GEN)$(UNIT_EDIT) $(srcdir)/%D%/atlax-relay.service.in >$@.tmp && mv $@.tmp $@

%D%/atlax-agent.service: %D%/atlax-agent.service.in Makefile
	$(AM_V_GEN)$(UNIT_EDIT) $(srcdir)/%D%/atlax-agent.service.in >$@.tmp && mv $@.tmp $@

%D%/atlax-signer.service: %D%/atlax-signer.service.in Makefile
	$(AM_V_GEN)$(UNIT_EDIT) $(srcdir)/%D%/atlax-signer.service.in >$@.tmp && mv $@.tmp $@
