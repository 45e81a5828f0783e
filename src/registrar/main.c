/*
 * hallmark-registrar NOUN VERB [options]: the customer's and the device's side,
 * run by `hallmark registrar`, `hallmark pledge` and `hallmark voucher`.
 */
#include "registrar/registrar.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/file.h"
#include "base/log.h"

static const struct {
	const char *noun, *verb;
	enum exit_code (*run)(int argc, char **argv);
	const char *about;
} commands[] = {
	{ "pledge", "key", pledge_key,
	    "make a device key and a request for its certificate" },
	{ "pledge", "request", pledge_request,
	    "sign the voucher-request of a pledge" },
	{ "pledge", "verify", pledge_verify,
	    "judge a voucher as a pledge does" },
	{ "registrar", "agent-data", registrar_agent_data,
	    "sign what a registrar-agent gives to a pledge (PRM)" },
	{ "registrar", "ca", registrar_ca,
	    "make a domain CA and a registrar certificate" },
	{ "registrar", "request", registrar_request,
	    "ask a MASA for a voucher" },
	{ "registrar", "auditlog", registrar_auditlog,
	    "ask a MASA for the audit log and judge it" },
	{ "registrar", "judge", registrar_judge, "judge an audit log on file" },
	{ "voucher", "show", voucher_show, "print a voucher" },
	{ "voucher", "verify", voucher_verify,
	    "check signature, chain and dates of a voucher" },
};
#define COMMANDS (sizeof(commands) / sizeof(commands[0]))

/* Of one noun, or of all where it is none. */
static void
help(FILE *to, const char *noun)
{
	bool known = false;
	size_t i;

	for (i = 0; i < COMMANDS; i++)
		known |= strcmp(commands[i].noun, noun) == 0;
	fprintf(
	    to, "usage: hallmark %s VERB [options]\n\n", known ? noun : "NOUN");
	for (i = 0; i < COMMANDS; i++)
		if (!known || strcmp(commands[i].noun, noun) == 0)
			fprintf(to, "  %-10s %-10s %s\n", commands[i].noun,
			    commands[i].verb, commands[i].about);
	fprintf(to,
	    "\nhallmark NOUN VERB --help names the options; "
	    "hallmark-registrar(1) explains them.\n");
}

int
main(int argc, char **argv)
{
	size_t i;

	process_harden();
	log_open("registrar");
	atexit(stdout_end);
	signal(SIGPIPE, SIG_IGN);
	if (argc > 1 && strcmp(argv[argc == 2 ? 1 : 2], "--help") == 0) {
		help(stdout, argv[1]);
		return EXIT_DONE;
	}
	for (i = 0; argc >= 3 && i < COMMANDS; i++) {
		if (strcmp(argv[1], commands[i].noun) != 0 ||
		    strcmp(argv[2], commands[i].verb) != 0)
			continue;
		refuse_as(commands[i].noun, commands[i].verb);
		return (int)commands[i].run(argc, argv);
	}
	if (argc >= 3)
		fprintf(stderr, "hallmark: there is no \"%s %s\"\n", argv[1],
		    argv[2]);
	help(stderr, argc > 1 ? argv[1] : "");
	return EXIT_USAGE;
}
