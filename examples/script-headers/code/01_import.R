# Read the raw survey, turn -99 into missing, keep complete cases

survey <- read.csv("data/survey.csv")
survey[survey == -99] <- NA
survey <- survey[complete.cases(survey), ]

stopifnot(nrow(survey) > 0)
write.csv(survey, "data/clean.csv", row.names = FALSE)
