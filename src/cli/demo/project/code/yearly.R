# Mean nitrate and temperature by station and year
files <- sort(list.files("data", "^[0-9]{4}\\.csv$", full.names = TRUE))
samples <- do.call(rbind, lapply(files, read.csv))
samples$year <- format(as.Date(samples$date), "%Y")

yearly <- aggregate(cbind(temp_c, nitrate) ~ station + year, data = samples, FUN = mean)
dir.create("results", showWarnings = FALSE)
write.csv(yearly, "results/yearly.csv", row.names = FALSE)
