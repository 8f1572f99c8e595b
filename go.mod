module webpress

go 1.26
