# Manual pages. Those that name directories are made by sed; the keys in the
# pages of section 5 come from the programs' own table, printed by print_keys,
# so page and parser cannot differ. No tool is needed but the compiler.
dist_man_MANS += %D%/atlax-pki.1 %D%/atlax-protocol.7
nodist_man_MANS += %D%/atlax.1 %D%/atlax-agent.8 %D%/atlax-relay.8 \
	%D%/atlax-agent.yaml.5 %D%/atlax-relay.yaml.5
EXTRA_DIST += %D%/atlax.1.in %D%/atlax-agent.8.in %D%/atlax-relay.8.in \
	%D%/atlax-agent.yaml.5.in %D%/atlax-relay.yaml.5.in %D%/notation.mdoc
CLEANFILES += $(nodist_man_MANS)

noinst_PROGRAMS += %D%/print_keys
%C%_print_keys_SOURCES = %D%/print_keys.c
%C%_print_keys_LDADD = src/conf/libconf.a src/parse/libparse.a \
	src/base/libbase.a $(YAML_LIBS)

MAN_EDIT = $(MKDIR_P) %D% && $(SED) -e 's|@sysconfdir[@]|$(sysconfdir)|g' \
	-e 's|@runstatedir[@]|$(runstatedir)|g' -e 's|@sbindir[@]|$(sbindir)|g'

%D%/atlax.1: %D%/atlax.1.in Makefile
	$(AM_V_GEN)$(MAN_EDIT) $(srcdir)/%D%/atlax.1.in >$@.tmp && mv $@.tmp $@

%D%/atlax-agent.8: %D%/atlax-agent.8.in Makefile
	$(AM_V_GEN)$(MAN_EDIT) $(srcdir)/%D%/atlax-agent.8.in >$@.tmp && mv $@.tmp $@

%D%/atlax-relay.8: %D%/atlax-relay.8.in Makefile
	$(AM_V_GEN)$(MAN_EDIT) $(srcdir)/%D%/atlax-relay.8.in >$@.tmp && mv $@.tmp $@

%D%/atlax-agent.yaml.5: %D%/atlax-agent.yaml.5.in %D%/notation.mdoc \
		%D%/print_keys$(EXEEXT) Makefile
	$(AM_V_GEN)$(MKDIR_P) %D% && %D%/print_keys agent >$@.keys && \
	$(MAN_EDIT) -e '/^@notation[@]$$/{r $(srcdir)/%D%/notation.mdoc' -e 'd;}' \
		-e '/^@keys[@]$$/{r '$@.keys -e 'd;}' \
		$(srcdir)/%D%/atlax-agent.yaml.5.in >$@.tmp && \
	rm -f $@.keys && mv $@.tmp $@

%D%/atlax-relay.yaml.5: %D%/atlax-relay.yaml.5.in %D%/notation.mdoc \
		%D%/print_keys$(EXEEXT) Makefile
	$(AM_V_GEN)$(MKDIR_P) %D% && %D%/print_keys relay >$@.keys && \
	$(MAN_EDIT) -e '/^@notation[@]$$/{r $(srcdir)/%D%/notation.mdoc' -e 'd;}' \
		-e '/^@keys[@]$$/{r '$@.keys -e 'd;}' \
		$(srcdir)/%D%/atlax-relay.yaml.5.in >$@.tmp && \
	rm -f $@.keys && mv $@.tmp $@
