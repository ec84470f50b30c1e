/* SPDX-License-Identifier: Apache-2.0 */
/*
 * forms - the reports there are
 *
 * Each writes the whole report of a model: 0, or TARE_E_IO or TARE_E_MEMORY
 * with a sentence in error.
 */
#ifndef TARE_REPORTS_FORMS_H
#define TARE_REPORTS_FORMS_H

#include "model.h"

typedef int (*tare__form_fn)(const struct tare_model *model, const char *path, bool lasting, char *error, size_t room);

int tare__junit_write(const struct tare_model *model, const char *path, bool lasting, char *error, size_t room);
int tare__html_write(const struct tare_model *model, const char *path, bool lasting, char *error, size_t room);
int tare__csv_write(const struct tare_model *model, const char *path, bool lasting, char *error, size_t room);

#endif
