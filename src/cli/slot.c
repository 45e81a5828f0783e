/* hallmark slot list, slot give. */
#include "cli/cli.h"

int
slot_list_run(struct cli *c, int argc, char **argv)
{
	return session_verb(c, argc, argv,
	    &(struct plain_verb){
		"slot.list", NEED_STORE, .fields = { PAGE_FIELDS } });
}

int
slot_give_run(struct cli *c, int argc, char **argv)
{
	return session_verb(c, argc, argv,
	    &(struct plain_verb){
		"slot.give", NEED_SIGNER, { "slot" }, .required = "to" });
}
