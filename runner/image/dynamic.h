/* SPDX-License-Identifier: Apache-2.0 */
/*
 * dynamic - the entries of the dynamic section that a loader follows
 */
#ifndef TARE_IMAGE_DYNAMIC_H
#define TARE_IMAGE_DYNAMIC_H

#include "reading.h"

/* Newer than some elf.h. */
#define TARE_DT_RELRSZ  35
#define TARE_DT_RELR    36
#define TARE_DT_RELRENT 37

enum tare_tag {
	TAG_STRTAB, TAG_STRSZ, TAG_SYMTAB, TAG_SYMENT,
	TAG_RELA, TAG_RELASZ, TAG_RELAENT, TAG_REL, TAG_RELSZ, TAG_RELENT,
	TAG_RELR, TAG_RELRSZ, TAG_RELRENT, TAG_JMPREL, TAG_PLTRELSZ, TAG_PLTREL,
	TAG_HASH, TAG_GNU_HASH,
	TAG_INIT, TAG_FINI, TAG_INIT_ARRAY, TAG_INIT_ARRAYSZ, TAG_FINI_ARRAY, TAG_FINI_ARRAYSZ,
	TAG_VERSYM, TAG_VERNEED, TAG_VERNEEDNUM, TAG_VERDEF, TAG_VERDEFNUM,
	TAG_TEXTREL, TAG_FLAGS,
	TAGS
};

struct tare_dynamic {
	uint64_t given;       /* set of tags, 1 << tag */
	uint64_t value[TAGS]; /* 0 where not given */
	uint64_t last_name;   /* the largest offset of a name */
	const uint8_t *symbols;
	uint64_t symbol_count;
	uint64_t strings_size;
};

static inline bool tare__has(const struct tare_dynamic *dynamic, enum tare_tag tag)
{
	return dynamic->given >> tag & 1;
}

int tare__dynamic_check_hash(struct tare_reading *reading, const struct tare_dynamic *dynamic);
int tare__dynamic_check_gnu_hash(struct tare_reading *reading, const struct tare_dynamic *dynamic);
int tare__dynamic_check_versions(struct tare_reading *reading, const struct tare_dynamic *dynamic);

#endif
