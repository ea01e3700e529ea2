# Prints what R's survival package gives for its own data sets, one "place,value" a line, and the data themselves.
suppressPackageStartupMessages(library(survival))
say <- function(place, values) cat(sprintf("%s/%d,%.17g\n", place, seq_along(values) - 1L, values), sep = "")
exact <- coxph.control(eps = 1e-14, toler.chol = 1e-16)

sets <- list(
  lung = with(lung, data.frame(time, event = status - 1, group = sex, x = age)),
  veteran = with(veteran, data.frame(time, event = status, group = as.integer(factor(celltype)), x = karno)),
  ovarian = with(ovarian, data.frame(time = futime, event = fustat, group = rx, x = age)),
  aml = with(aml, data.frame(time, event = status, group = as.integer(x), x = seq_along(time) %% 5))
)

for (name in names(sets)) {
  d <- sets[[name]]
  for (column in names(d)) say(paste0(name, "/data/", column), d[[column]])
  for (scale in c("log-log", "log", "plain")) {
    curve <- survfit(Surv(time, event) ~ 1, d, conf.type = scale)
    say(paste0(name, "/", scale, "/survival"), curve$surv)
    say(paste0(name, "/", scale, "/median"), summary(curve)$table["median"])
    say(paste0(name, "/", scale, "/low"), curve$lower[curve$surv < 1 & curve$surv > 0])
    say(paste0(name, "/", scale, "/high"), curve$upper[curve$surv < 1 & curve$surv > 0])
  }
  test <- survdiff(Surv(time, event) ~ group, d)
  say(paste0(name, "/log_rank"), c(test$chisq, length(test$n) - 1, test$pvalue))
  for (ties in c("breslow", "efron", "exact")) {
    fit <- suppressWarnings(coxph(Surv(time, event) ~ x, d, ties = ties, control = exact))
    say(paste0(name, "/", ties), summary(fit)$coefficients[1, c(1, 3, 5)])
  }
  fit <- suppressWarnings(coxph(Surv(time, event) ~ x, d, ties = "efron", control = exact))
  say(paste0(name, "/zph"), cox.zph(fit, transform = "km")$table[1, c(1, 3)])
}
