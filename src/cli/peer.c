/* hallmark peer add, end, list: other sites whose manifests are taken. */
#include "cli/cli.h"

int
peer_add_run(struct cli *c, int argc, char **argv)
{
	const char *signer = NULL, *key = NULL, *root = NULL;
	const struct option_row rows[] = { { "signer", &signer, NULL, true },
		{ "key", &key, NULL, true }, { "root", &root, NULL, true },
		{ 0 } };
	struct message_admin m;

	if (!options_read(c, argc, argv, rows, 1, 1))
		return EXIT_USAGE;
	request_begin(&m, "peer.add");
	request_text(&m, "name", c->operands[0]);
	request_text(&m, "signer", signer);
	request_text(&m, "key", key);
	return session_run_file(c, NEED_SIGNER, &m, root);
}

int
peer_end_run(struct cli *c, int argc, char **argv)
{
	return session_verb(c, argc, argv,
	    &(struct plain_verb){
		"peer.end", NEED_SIGNER, { "name" }, { "note" } });
}

int
peer_list_run(struct cli *c, int argc, char **argv)
{
	return session_verb(c, argc, argv,
	    &(struct plain_verb){
		"peer.list", NEED_STORE, .fields = { PAGE_FIELDS } });
}
