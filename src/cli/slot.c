/* hallmark slot list, slot give. */
#include "cli/cli.h"

int
slot_list_run(struct cli *c, int argc, char **argv)
{
	struct message_admin m;

	if (!options_read(c, argc, argv, NULL, 0, 0))
		return EXIT_USAGE;
	request_begin(&m, "slot.list");
	return session_run(c, NEED_STORE, &m);
}

int
slot_give_run(struct cli *c, int argc, char **argv)
{
	const char *to = NULL;
	const struct option_row rows[] = { { "to", &to, NULL, true }, { 0 } };
	struct message_admin m;

	if (!options_read(c, argc, argv, rows, 1, 1))
		return EXIT_USAGE;
	request_begin(&m, "slot.give");
	request_text(&m, "slot", c->operands[0]);
	request_text(&m, "to", to);
	return session_run(c, NEED_SIGNER, &m);
}
